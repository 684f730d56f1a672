//! Small pictures drawn by code, as PNG.
//!
//! Source: PNG specification, third edition, sections 5 and 11.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// An RGBA picture, `4 × width × height` bytes, as a PNG file.
pub(super) fn encode(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // Eight bits, RGBA, deflate, no filter method beyond the standard one, not interlaced.
    header.extend([8, 6, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &header);
    let mut raw = Vec::with_capacity(pixels.len() + height as usize);
    for row in pixels.chunks_exact(4 * width as usize) {
        raw.push(0);
        raw.extend(row);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(9));
    let packed = encoder.write_all(&raw).and_then(|()| encoder.finish()).expect("writing to memory does not fail");
    chunk(&mut out, b"IDAT", &packed);
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(kind);
    out.extend(data);
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    out.extend(crc.sum().to_be_bytes());
}

/// The connector's icon: three rising columns on a rounded square, smoothed by sampling each pixel 4 × 4 times.
pub(super) fn icon(size: u32) -> Vec<u8> {
    const SAMPLES: u32 = 4;
    let mut pixels = Vec::with_capacity((4 * size * size) as usize);
    for y in 0..size {
        for x in 0..size {
            let mut sum = [0u32; 4];
            for step in 0..SAMPLES * SAMPLES {
                let at = |pixel: u32, sub: u32| (f64::from(pixel) + (f64::from(sub) + 0.5) / f64::from(SAMPLES)) / f64::from(size);
                let [r, g, b, a] = shape(at(x, step % SAMPLES), at(y, step / SAMPLES));
                sum = [sum[0] + r * a, sum[1] + g * a, sum[2] + b * a, sum[3] + a];
            }
            let alpha = sum[3];
            let average = |channel: u32| channel.checked_div(alpha).unwrap_or(0) as u8;
            pixels.extend([average(sum[0]), average(sum[1]), average(sum[2]), (alpha * 255 / (SAMPLES * SAMPLES)) as u8]);
        }
    }
    encode(size, size, &pixels)
}

/// Colour and coverage (0 or 1) at a point of the unit square.
fn shape(x: f64, y: f64) -> [u32; 4] {
    const RADIUS: f64 = 0.2;
    let corner = |v: f64| (v.clamp(RADIUS, 1.0 - RADIUS) - v).abs();
    if corner(x).hypot(corner(y)) > RADIUS {
        return [0, 0, 0, 0];
    }
    let columns = [(0.2, 0.56), (0.42, 0.38), (0.64, 0.2)];
    let inside = columns.iter().any(|(left, top)| (*left..left + 0.16).contains(&x) && (*top..0.8).contains(&y));
    if inside { [255, 255, 255, 1] } else { [19, 78, 110, 1] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_png_of_their_size() {
        let png = icon(16);
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(&png[16..24], &[0, 0, 0, 16, 0, 0, 0, 16]);
        assert!(png.ends_with(b"IEND\xae\x42\x60\x82"));
        assert_eq!(png, icon(16));
    }
}
