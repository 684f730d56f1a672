//! Raw deflate, quick: one pass that looks for each repetition at one earlier place.
//!
//! In: bytes, whole or in pieces. Out: blocks of a deflate stream; each piece stands for itself, so that one can be packed long before the others.
//! Short blocks take the code of the format, for a code of their own costs more time and often more room; long ones get one.
//! The files of a template are many and short, where the compressors at hand spend their time on tables. Reading is left to others.
//!
//! Source: RFC 1951.

/// How far back a repetition may lie.
const WINDOW: usize = 1 << 15;
/// Longest repetition.
const LONGEST: usize = 258;
/// Shortest repetition that is looked for, in units.
const SHORTEST: usize = 4;
/// Bits of a place in the table of what was seen.
const SEEN_BITS: u32 = 12;
/// Most repetitions of a block.
const BLOCK: usize = 1 << 14;
/// From how many literals and repetitions on a block has a code of its own.
const LONG: usize = 2000;
/// Most bytes of a stored block.
const STORED: usize = 65_535;
/// The symbol that ends a block; symbols of lengths come after it.
const END: usize = 256;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;

/// A compressor; making one costs more than most texts, so that it is used for many.
pub struct Deflater {
    /// The newest place with a given hash of four units; places of all texts are counted on.
    seen: Box<[u32; 1 << SEEN_BITS]>,
    /// The place of the first byte of the next text.
    start: u32,
    sequences: Vec<Sequence>,
}

/// Bytes as they are, then a repetition; without one (length 0) at the end of a block.
#[derive(Clone, Copy)]
struct Sequence {
    literals: u32,
    length: u16,
    distance: u16,
}

/// A code for literals, lengths and distances.
struct Code {
    /// By byte, and [`END`]: the code, and from bit 24 on how many bits it has.
    literals: [u32; END + 1],
    /// By length less 3: the same with the length's own bits.
    lengths: [u32; 256],
    /// By group of distances.
    distances: [u32; DISTANCES],
}

impl Deflater {
    /// One that has seen nothing.
    pub fn new() -> Deflater {
        Deflater { seen: Box::new([0; 1 << SEEN_BITS]), start: 2 * WINDOW as u32, sequences: Vec::new() }
    }

    /// Appends blocks that give `bytes` without looking back at what is before them. The last of them ends the stream if `ends`, else they end on a
    /// whole byte.
    pub fn pack(&mut self, bytes: &[u8], ends: bool, out: &mut Vec<u8>) {
        let before = out.len();
        let mut bits = Bits { at: before, out, value: 0, count: 0 };
        // UTF-16 repeats whole units only.
        let is_wide = matches!(bytes, [_, 0, _, 0, ..]);
        let mut taken = 0;
        loop {
            let block = taken;
            let is_all = if is_wide { self.find::<2>(bytes, &mut taken) } else { self.find::<1>(bytes, &mut taken) };
            write_block(&bytes[block..taken], &self.sequences, is_all && ends, &mut bits);
            if is_all {
                break;
            }
        }
        if !ends {
            // An empty stored block.
            bits.room(8);
            bits.put(0, 3);
        }
        bits.close();
        if !ends {
            out.extend([0, 0, 0xff, 0xff]);
        }
        if out.len() - before > bytes.len() + 5 * bytes.len().div_ceil(STORED).max(1) {
            out.truncate(before);
            store(bytes, ends, out);
        }
        self.start += bytes.len() as u32 + WINDOW as u32;
        if self.start > u32::MAX / 2 {
            *self = Deflater::new();
        }
    }

    /// The sequences of a block that begins at `taken`, which then is the start of the next one. Whether it was the last block.
    fn find<const UNIT: usize>(&mut self, bytes: &[u8], taken: &mut usize) -> bool {
        self.sequences.clear();
        let (mut at, mut first) = (*taken, *taken);
        while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let distance = self.distance::<UNIT>(*word, at);
            let length = if distance <= WINDOW.min(at) { common(bytes, at - distance, at) / UNIT * UNIT } else { 0 };
            if length < SHORTEST * UNIT {
                // Where nothing repeats, fewer places are looked at.
                at += UNIT + ((at - first) >> 6) / UNIT * UNIT;
                continue;
            }
            self.sequences.push(Sequence { literals: (at - first) as u32, length: length as u16, distance: distance as u16 });
            at += length;
            first = at;
            if let Some(word) = bytes.get(at - 2..).and_then(|rest| rest.first_chunk::<8>()) {
                self.distance::<UNIT>(*word, at - 2);
            }
            if self.sequences.len() == BLOCK {
                *taken = at;
                return false;
            }
        }
        self.sequences.push(Sequence { literals: (bytes.len() - first) as u32, length: 0, distance: 0 });
        *taken = bytes.len();
        true
    }

    /// How far back the newest place is that begins with the same four units, as far as the hash tells, and notes this one.
    #[inline]
    fn distance<const UNIT: usize>(&mut self, word: [u8; 8], at: usize) -> usize {
        let word = u64::from_le_bytes(word) << (64 - 8 * SHORTEST * UNIT);
        let place = self.start + at as u32;
        let seen = &mut self.seen[(word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SEEN_BITS)) as usize];
        let distance = place - *seen;
        *seen = place;
        distance as usize
    }
}

/// How many bytes are the same from two places on, at most the longest repetition.
#[inline]
fn common(bytes: &[u8], there: usize, here: usize) -> usize {
    let new = &bytes[here..bytes.len().min(here + LONGEST)];
    let old = &bytes[there..there + new.len()];
    let mut length = 0;
    for (a, b) in old.as_chunks::<8>().0.iter().zip(new.as_chunks::<8>().0) {
        let differing = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differing != 0 {
            return length + differing.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length + old[length..].iter().zip(&new[length..]).take_while(|(a, b)| a == b).count()
}

/// Appends stored blocks.
fn store(bytes: &[u8], ends: bool, out: &mut Vec<u8>) {
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at(rest.len().min(STORED));
        rest = after;
        out.push(u8::from(ends && rest.is_empty()));
        out.extend((block.len() as u16).to_le_bytes());
        out.extend((!(block.len() as u16)).to_le_bytes());
        out.extend(block);
        if rest.is_empty() {
            return;
        }
    }
}

/// One block with the format's code or one of its own.
fn write_block(bytes: &[u8], sequences: &[Sequence], is_last: bool, bits: &mut Bits<'_>) {
    let literals: usize = sequences.iter().map(|sequence| sequence.literals as usize).sum();
    if literals + sequences.len() < LONG {
        // No literal has more than 9 bits, no repetition more than 31.
        bits.room(9 * literals + 31 * sequences.len());
        bits.put(u64::from(is_last) | 1 << 1, 3);
        write_sequences::<5>(bytes, sequences, &FIXED, bits);
        return;
    }
    let (mut literal_counts, mut distance_counts) = ([0u32; LITERALS], [0u32; DISTANCES]);
    literal_counts[END] = 1;
    let mut at = 0;
    for sequence in sequences {
        let end = at + sequence.literals as usize;
        bytes[at..end].iter().for_each(|byte| literal_counts[usize::from(*byte)] += 1);
        at = end + usize::from(sequence.length);
        if sequence.length > 0 {
            literal_counts[length_symbol(usize::from(sequence.length)).0] += 1;
            distance_counts[distance_symbol(sequence.distance).0] += 1;
        }
    }
    let (literal_lengths, distance_lengths) = (code_lengths(&literal_counts), code_lengths(&distance_counts));
    let size = |counts: &[u32], lengths: &[u8]| {
        counts.iter().zip(lengths).map(|(count, length)| *count as usize * usize::from(*length)).sum::<usize>()
    };
    // Lengths have up to 5 bits of their own, distances 13.
    bits.room(size(&literal_counts, &literal_lengths) + size(&distance_counts, &distance_lengths) + 18 * sequences.len() + 2000);
    bits.put(u64::from(is_last) | 2 << 1, 3);
    bits.put((LITERALS - 257) as u64, 5);
    bits.put((DISTANCES - 1) as u64, 5);
    // The lengths come in a code of which each word has four bits.
    bits.put(19 - 4, 4);
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
        bits.put(if symbol < 16 { 4 } else { 0 }, 3);
    }
    for length in literal_lengths.iter().chain(&distance_lengths) {
        bits.put(u64::from(length.reverse_bits() >> 4), 4);
    }
    write_sequences::<3>(bytes, sequences, &Code::of(&literal_lengths, &distance_lengths), bits);
}

/// `TOGETHER` literals are written at once, which have 50 bits at most.
fn write_sequences<const TOGETHER: usize>(bytes: &[u8], sequences: &[Sequence], code: &Code, bits: &mut Bits<'_>) {
    let mut rest = bytes;
    for sequence in sequences {
        let (plain, after) = rest.split_at(sequence.literals as usize);
        let (groups, last) = plain.as_chunks::<TOGETHER>();
        for group in groups {
            group.iter().for_each(|byte| bits.add(code.literals[usize::from(*byte)]));
            bits.flush();
        }
        last.iter().for_each(|byte| bits.add(code.literals[usize::from(*byte)]));
        bits.flush();
        rest = &after[usize::from(sequence.length)..];
        if sequence.length > 0 {
            bits.add(code.lengths[usize::from(sequence.length) - 3]);
            let (group, extra, count) = distance_symbol(sequence.distance);
            bits.add(code.distances[group]);
            bits.add(extra | count << 24);
            bits.flush();
        }
    }
    bits.add(code.literals[END]);
    bits.flush();
}

/// The symbol of a length, its own bits and how many these are.
const fn length_symbol(length: usize) -> (usize, u32, u32) {
    let over = length as u32 - 3;
    if length == 258 {
        return (285, 0, 0);
    }
    if over < 8 {
        return (257 + over as usize, 0, 0);
    }
    let extra = over.ilog2() - 2;
    ((257 + 4 * extra + (over >> extra)) as usize, over & ((1 << extra) - 1), extra)
}

/// The group of a distance, its own bits and how many these are.
const fn distance_symbol(distance: u16) -> (usize, u32, u32) {
    let over = (distance as u32).wrapping_sub(1) & 0x7fff;
    if over < 4 {
        return (over as usize, 0, 0);
    }
    let extra = over.ilog2() - 1;
    ((2 * extra + (over >> extra)) as usize, over & ((1 << extra) - 1), extra)
}

/// Lengths of the words of a code in which frequent symbols have short ones: Huffman's, 15 at most.
fn code_lengths<const N: usize>(counts: &[u32; N]) -> [u8; N] {
    let mut counts = *counts;
    // A code has two words at least; some readers want it so.
    for symbol in 0..2 {
        if counts.iter().filter(|count| **count > 0).count() < 2 {
            counts[symbol] = counts[symbol].max(1);
        }
    }
    loop {
        let lengths = free_lengths(&counts);
        if lengths.iter().all(|length| *length <= 15) {
            return lengths;
        }
        counts.iter_mut().filter(|count| **count > 0).for_each(|count| *count = *count / 2 + 1);
    }
}

fn free_lengths<const N: usize>(counts: &[u32; N]) -> [u8; N] {
    let mut leaves: Vec<(u32, usize)> =
        counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, count)| (*count, at)).collect();
    leaves.sort_unstable();
    // Two at a time become one, the rarest first; the sums are made in order of size. A node's parent comes after it.
    let count = leaves.len();
    let mut weights: Vec<u32> = leaves.iter().map(|(weight, _)| *weight).collect();
    let mut parents = vec![0; 2 * count - 1];
    let (mut leaf, mut sum) = (0, count);
    for made in count..2 * count - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let next = if leaf < count && (sum >= made || weights[leaf] <= weights[sum]) { &mut leaf } else { &mut sum };
            weight += weights[*next];
            parents[*next] = made;
            *next += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0u8; 2 * count - 1];
    for node in (0..2 * count - 2).rev() {
        depths[node] = depths[parents[node]].saturating_add(1);
    }
    let mut lengths = [0; N];
    leaves.iter().zip(depths).for_each(|((_, symbol), depth)| lengths[*symbol] = depth);
    lengths
}

/// The words of a code whose lengths are given, by symbol: bits as they are written, and from bit 24 on how many they are.
const fn words<const N: usize>(lengths: &[u8; N]) -> [u32; N] {
    let mut words = [0; N];
    let (mut next, mut length) = (0u32, 1);
    while length <= 15 {
        let mut symbol = 0;
        while symbol < N {
            if lengths[symbol] as u32 == length {
                words[symbol] = next.reverse_bits() >> (32 - length) | length << 24;
                next += 1;
            }
            symbol += 1;
        }
        next <<= 1;
        length += 1;
    }
    words
}

impl Code {
    const fn of<const N: usize>(literal_lengths: &[u8; N], distance_lengths: &[u8; DISTANCES]) -> Code {
        let all = words(literal_lengths);
        let mut literals = [0; END + 1];
        let mut symbol = 0;
        while symbol <= END {
            literals[symbol] = all[symbol];
            symbol += 1;
        }
        let mut lengths = [0; 256];
        let mut length = 3;
        while length <= 258 {
            let (symbol, extra, count) = length_symbol(length);
            let (word, bits) = (all[symbol] & 0xff_ffff, all[symbol] >> 24);
            lengths[length - 3] = word | extra << bits | (bits + count) << 24;
            length += 1;
        }
        Code { literals, lengths, distances: words(distance_lengths) }
    }
}

/// The code of the format.
static FIXED: Code = {
    let mut literals = [8u8; 288];
    let mut symbol = 144;
    while symbol < 280 {
        literals[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    Code::of(&literals, &[5; DISTANCES])
};

/// Bits at the end of bytes, the low ones first.
struct Bits<'o> {
    out: &'o mut Vec<u8>,
    /// Where the next byte goes.
    at: usize,
    value: u64,
    count: u32,
}

impl Bits<'_> {
    /// Makes room for so many bits.
    fn room(&mut self, bits: usize) {
        self.out.resize(self.at + bits / 8 + 16, 0);
    }

    /// Takes the bits of a word; 56 at most between two calls of [`Bits::flush`].
    #[inline]
    fn add(&mut self, word: u32) {
        self.value |= u64::from(word & 0xff_ffff) << self.count;
        self.count += word >> 24;
    }

    /// Hands over whole bytes.
    #[inline]
    fn flush(&mut self) {
        let room = self.out.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut::<8>());
        *room.expect("there is room for the block") = self.value.to_le_bytes();
        self.at += self.count as usize / 8;
        self.value >>= self.count & !7;
        self.count &= 7;
    }

    fn put(&mut self, value: u64, count: u32) {
        self.add(value as u32 | count << 24);
        self.flush();
    }

    /// Fills the last byte.
    fn close(mut self) {
        self.count = self.count.next_multiple_of(8);
        self.flush();
        self.out.truncate(self.at);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn read(packed: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::read::DeflateDecoder::new(packed).read_to_end(&mut out).unwrap();
        out
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Deflater::new().pack(bytes, true, &mut out);
        out
    }

    #[test]
    fn texts_come_back() {
        let words =
            |count: usize| (0..count).map(|n| format!("{{\"n\": {}, \"é\": \"{}\"}}\n", n * n, "ab".repeat(n % 200))).collect::<String>();
        let mut deflater = Deflater::new();
        for text in [String::new(), "a".to_owned(), "a".repeat(1000), "ab".repeat(50_000), words(30), words(3000), words(40_000)] {
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for bytes in [text.as_bytes(), &wide] {
                let mut out = b"before".to_vec();
                deflater.pack(bytes, true, &mut out);
                assert!(read(&out[6..]) == bytes, "{} bytes", bytes.len());
                assert!(bytes.len() < 1000 || out.len() < bytes.len() / 4, "{} bytes in {}", bytes.len(), out.len());
            }
        }
    }

    #[test]
    fn what_does_not_shrink_is_stored() {
        let mut state = 1u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(200_000)
        .collect();
        for length in [1, 100, STORED, STORED + 1, noise.len()] {
            let out = packed(&noise[..length]);
            assert!(read(&out) == noise[..length]);
            assert!(out.len() <= length + 5 * length.div_ceil(STORED), "{length} bytes in {}", out.len());
        }
    }

    #[test]
    fn the_longest_words_find_room() {
        // Literals of nine bits, then repetitions of 31, of as many as the format's code is used for.
        let literals = Sequence { literals: 900, length: 257, distance: 1 };
        let far = |at: usize| Sequence { literals: 0, length: 257, distance: if at > 100 { 20_000 } else { 1 } };
        let mut sequences: Vec<Sequence> = std::iter::once(literals).chain((0..1000).map(far)).collect();
        sequences.push(Sequence { literals: 0, length: 0, distance: 0 });
        let bytes = vec![200; 900 + 1001 * 257];
        let mut out = Vec::new();
        let mut bits = Bits { at: 0, out: &mut out, value: 0, count: 0 };
        write_block(&bytes, &sequences, true, &mut bits);
        bits.close();
        assert!(read(&out) == bytes);
        assert_eq!(out[0] & 6, 2, "the format's code");
    }

    #[test]
    fn all_lengths_and_distances_have_symbols() {
        // RFC 1951, section 3.2.5.
        for (length, symbol) in [(3, 257), (10, 264), (11, 265), (12, 265), (13, 266), (130, 280), (131, 281), (257, 284), (258, 285)] {
            assert_eq!(length_symbol(length).0, symbol, "length {length}");
        }
        for (distance, symbol) in [(1, 0), (4, 3), (5, 4), (6, 4), (7, 5), (24576, 28), (24577, 29), (32768, 29)] {
            assert_eq!(distance_symbol(distance).0, symbol, "distance {distance}");
        }
    }

    #[test]
    fn words_have_fifteen_bits_at_most() {
        let mut counts = [0; DISTANCES];
        let (mut a, mut b) = (1, 1);
        for count in &mut counts {
            (*count, a, b) = (a, b, a + b);
        }
        let lengths = code_lengths(&counts);
        let room: f64 = lengths.iter().map(|length| 0.5f64.powi(i32::from(*length))).sum();
        assert!(lengths.iter().all(|length| (1..=15).contains(length)) && room == 1.0, "{lengths:?}");
    }

    proptest! {
        #[test]
        fn pieces_stand_for_themselves(parts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), 0..200usize), 0..8)) {
            let mut deflater = Deflater::new();
            let (mut out, mut all) = (Vec::new(), Vec::new());
            for (part, times) in &parts {
                deflater.pack(&part.repeat(*times), false, &mut out);
                all.extend(part.repeat(*times));
            }
            deflater.pack(b"", true, &mut out);
            prop_assert_eq!(read(&out), all);
        }
    }
}
