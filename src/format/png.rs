//! PNG: fewer colours for pictures of pages; in the tests, the connector's icon as it is drawn by code.
//!
//! Source: PNG specification, third edition, sections 5 and 11.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::ZlibDecoder;
use libdeflater::{CompressionLvl, Compressor, Crc};

/// `level` from 0 to 12, the smallest.
fn compressor(level: i32) -> Compressor {
    Compressor::new(CompressionLvl::new(level).expect("a level between 0 and 12"))
}

/// Bytes in zlib's format.
fn compressed(bytes: &[u8], compressor: &mut Compressor) -> Vec<u8> {
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut out).expect("the bound is enough");
    out.truncate(length);
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

/// A picture with at most 256 colours from one with any number: a page of charts becomes a third of its size and looks the same.
/// `None` for files other than 8-bit RGB or RGBA without interlacing.
pub fn with_palette(file: &[u8]) -> Option<Vec<u8>> {
    let (width, height, colors) = decode(file)?;
    let mut counts: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    for color in &colors {
        *counts.entry(*color).or_default() += 1;
    }
    let palette = palette(&counts);
    let nearest = |color: &[u8; 3]| -> u8 {
        let far = |other: &[u8; 3]| (0..3).map(|i| (i32::from(color[i]) - i32::from(other[i])).pow(2)).sum::<i32>();
        (0..palette.len()).min_by_key(|i| far(&palette[*i])).unwrap_or_default() as u8
    };
    let index: BTreeMap<[u8; 3], u8> = counts.keys().map(|color| (*color, nearest(color))).collect();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // Eight bits, indexed.
    header.extend([8, 3, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"PLTE", &palette.concat());
    let mut raw = Vec::with_capacity(colors.len() + height as usize);
    for row in colors.chunks_exact(width as usize) {
        raw.push(0);
        raw.extend(row.iter().map(|color| index[color]));
    }
    chunk(&mut out, b"IDAT", &compressed(&raw, &mut compressor(12)));
    chunk(&mut out, b"IEND", &[]);
    Some(out)
}

/// Width, height and colours of a file.
fn decode(file: &[u8]) -> Option<(u32, u32, Vec<[u8; 3]>)> {
    let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let (mut header, mut packed) = (None, Vec::new());
    while rest.len() >= 12 {
        let length = u32::from_be_bytes(rest[..4].try_into().ok()?) as usize;
        let data = rest.get(8..8usize.checked_add(length)?)?;
        match &rest[4..8] {
            b"IHDR" => header = Some(data),
            b"IDAT" => packed.extend(data),
            _ => {}
        }
        rest = rest.get(length + 12..)?;
    }
    let header = header.filter(|h| h.len() == 13)?;
    let number = |at: usize| header[at..at + 4].iter().fold(0u32, |n, byte| n << 8 | u32::from(*byte));
    let (width, height) = (number(0), number(4));
    let channels = match (header[8], header[9], header[12]) {
        (8, 2, 0) => 3,
        (8, 6, 0) => 4,
        _ => return None,
    };
    let stride = (width as usize).checked_mul(channels)?;
    let size = stride.checked_add(1)?.checked_mul(height as usize)?;
    if width == 0 || height == 0 || size > 1 << 29 {
        return None;
    }
    let mut raw = Vec::new();
    ZlibDecoder::new(packed.as_slice()).take(size as u64).read_to_end(&mut raw).ok()?;
    if raw.len() != size {
        return None;
    }
    let mut before = vec![0u8; stride];
    let mut colors = Vec::with_capacity(width as usize * height as usize);
    for line in raw.chunks_exact(stride + 1) {
        let mut row = line[1..].to_vec();
        for i in 0..stride {
            let left = if i >= channels { row[i - channels] } else { 0 };
            let (up, corner) = (before[i], if i >= channels { before[i - channels] } else { 0 });
            let guess = match line[0] {
                0 => 0,
                1 => left,
                2 => up,
                3 => u16::midpoint(u16::from(left), u16::from(up)) as u8,
                4 => paeth(left, up, corner),
                _ => return None,
            };
            row[i] = row[i].wrapping_add(guess);
        }
        colors.extend(row.chunks_exact(channels).map(|p| [p[0], p[1], p[2]]));
        before = row;
    }
    Some((width, height, colors))
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i32::from(left) + i32::from(up) - i32::from(corner);
    let far = |of: u8| (guess - i32::from(of)).abs();
    if far(left) <= far(up) && far(left) <= far(corner) {
        left
    } else if far(up) <= far(corner) {
        up
    } else {
        corner
    }
}

/// At most 256 colours: those of large areas as they are, the others by median cut.
fn palette(counts: &BTreeMap<[u8; 3], u32>) -> Vec<[u8; 3]> {
    const COLORS: usize = 256;
    const EXACT: usize = 96;
    let mut all: Vec<([u8; 3], u32)> = counts.iter().map(|(color, count)| (*color, *count)).collect();
    if all.len() <= COLORS {
        return all.into_iter().map(|(color, _)| color).collect();
    }
    all.sort_by_key(|(color, count)| (std::cmp::Reverse(*count), *color));
    let rest = all.split_off(EXACT);
    let mut palette: Vec<[u8; 3]> = all.into_iter().map(|(color, _)| color).collect();
    let spread = |group: &[([u8; 3], u32)], channel: usize| {
        let values = group.iter().map(|(color, _)| color[channel]);
        u32::from(values.clone().max().unwrap_or(0) - values.min().unwrap_or(0))
    };
    let mut groups = vec![rest];
    while groups.len() < COLORS - EXACT {
        let widest = |group: &Vec<([u8; 3], u32)>| (0..3).map(|channel| spread(group, channel)).max().unwrap_or(0);
        let Some(at) = (0..groups.len()).filter(|i| groups[*i].len() > 1).max_by_key(|i| widest(&groups[*i])) else { break };
        let mut group = groups.swap_remove(at);
        let channel = (0..3).max_by_key(|channel| spread(&group, *channel)).unwrap_or(0);
        group.sort_by_key(|(color, _)| (color[channel], *color));
        let upper = group.split_off(group.len() / 2);
        groups.extend([group, upper]);
    }
    palette.extend(groups.iter().filter(|g| !g.is_empty()).map(|group| {
        let sum: u64 = group.iter().map(|(_, n)| u64::from(*n)).sum();
        [0, 1, 2].map(|i| (group.iter().map(|(color, n)| u64::from(color[i]) * u64::from(*n)).sum::<u64>() / sum.max(1)) as u8)
    }));
    palette
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::mez::ICONS;

    /// An RGBA picture, `4 × width × height` bytes, as a PNG file.
    fn encode(width: u32, height: u32, pixels: &[u8], compressor: &mut Compressor) -> Vec<u8> {
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
        chunk(&mut out, b"IDAT", &compressed(&raw, compressor));
        chunk(&mut out, b"IEND", &[]);
        out
    }

    /// The pixels of the connector's icon: three rising columns on a rounded square, smoothed by sampling each pixel 4 × 4 times, or at its corners where these
    /// are alike.
    fn icon(size: u32) -> Vec<u8> {
        const SAMPLES: u32 = 4;
        let mut pixels = Vec::with_capacity((4 * size * size) as usize);
        for y in 0..size {
            for x in 0..size {
                let at = |pixel: u32, sub: u32| (f64::from(pixel) + (f64::from(sub) + 0.5) / f64::from(SAMPLES)) / f64::from(size);
                let sample = |step: u32| shape(at(x, step % SAMPLES), at(y, step / SAMPLES));
                let corner = sample(0);
                if [SAMPLES - 1, SAMPLES * (SAMPLES - 1), SAMPLES * SAMPLES - 1].into_iter().all(|step| sample(step) == corner) {
                    let [r, g, b, a] = corner;
                    pixels.extend([r as u8, g as u8, b as u8, (255 * a) as u8]);
                    continue;
                }
                let mut sum = [0u32; 4];
                for [r, g, b, a] in (0..SAMPLES * SAMPLES).map(sample) {
                    sum = [sum[0] + r * a, sum[1] + g * a, sum[2] + b * a, sum[3] + a];
                }
                let alpha = sum[3];
                let average = |channel: u32| channel.checked_div(alpha).unwrap_or(0) as u8;
                pixels.extend([average(sum[0]), average(sum[1]), average(sum[2]), (alpha * 255 / (SAMPLES * SAMPLES)) as u8]);
            }
        }
        pixels
    }

    /// Colour and coverage (0 or 1) at a point of the unit square.
    fn shape(x: f64, y: f64) -> [u32; 4] {
        const RADIUS: f64 = 0.2;
        let corner = |v: f64| (v.clamp(RADIUS, 1.0 - RADIUS) - v).abs();
        let (dx, dy) = (corner(x), corner(y));
        // Beside a corner's square one of them is 0 and the other no more than the radius.
        if dx > 0.0 && dy > 0.0 && dx.hypot(dy) > RADIUS {
            return [0, 0, 0, 0];
        }
        let columns = [(0.2, 0.56), (0.42, 0.38), (0.64, 0.2)];
        let inside = columns.iter().any(|(left, top)| (*left..left + 0.16).contains(&x) && (*top..0.8).contains(&y));
        if inside { [255, 255, 255, 1] } else { [19, 78, 110, 1] }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "on request it writes the pictures of the repository")]
    fn icons_are_as_drawn() {
        for (size, kept) in ICONS {
            let drawn = encode(*size, *size, &icon(*size), &mut compressor(6));
            if std::env::var_os("XERO_PBIT_ACCEPT").is_some() {
                std::fs::write(format!("{}/src/format/icons/{size}.png", env!("CARGO_MANIFEST_DIR")), &drawn).unwrap();
            } else {
                assert!(drawn == *kept, "{size}.png differs; run once with XERO_PBIT_ACCEPT=1");
            }
        }
    }

    #[test]
    fn icons_are_png_of_their_size() {
        let png = ICONS[0].1;
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(&png[16..24], &[0, 0, 0, 16, 0, 0, 0, 16]);
        assert!(png.ends_with(b"IEND\xae\x42\x60\x82"));
    }

    #[test]
    fn a_palette_keeps_the_picture() {
        let mut pixels = Vec::new();
        for y in 0..64u32 {
            for x in 0..64u32 {
                pixels.extend([(x * 4) as u8, (y * 4) as u8, if x < 32 { 255 } else { 0 }, 255]);
            }
        }
        let file = encode(64, 64, &pixels, &mut compressor(6));
        let (width, height, colors) = decode(&file).unwrap();
        assert_eq!((width, height, colors.len()), (64, 64, 4096));
        assert_eq!(colors[65], [4, 4, 255]);
        let small = with_palette(&file).unwrap();
        assert!(with_palette(&small).is_none(), "an indexed file is left alone");
        for broken in [&b""[..], &file[..20], &file[..file.len() / 2], b"GIF89a"] {
            assert!(with_palette(broken).is_none());
        }
    }

    #[test]
    fn few_colours_stay_exact() {
        let counts = |n: u32| -> BTreeMap<[u8; 3], u32> { (0..n).map(|i| ([i as u8, (i >> 8) as u8 * 40, 9], 1 + i % 7)).collect() };
        assert_eq!(palette(&counts(256)), counts(256).into_keys().collect::<Vec<_>>());
        assert_eq!(palette(&counts(900)).len(), 256);
    }
}
