//! The arithmetic that every task does, and that an answer is made of.

/// One output step of splitmix64.
#[inline]
pub const fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Applies [`mix`] 300 times, each to the result of the one before: about 1 µs that no compiler can shorten.
#[inline]
pub fn rounds(x: u64) -> u64 {
    (0..300).fold(x, |x, _| mix(x))
}

/// The hash of nothing, where a chain of [`fnv`] calls starts.
pub const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// Goes on with the FNV-1a hash `h` over `bytes`.
#[inline]
pub fn fnv(h: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(h, |h, &byte| {
        (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The published outputs of splitmix64 for the seed 1234567 (Vigna, prng.di.unimi.it).
    #[test]
    fn mix_is_splitmix64() {
        let published: [u64; 5] = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ];
        for (i, want) in (0u64..).zip(published) {
            assert_eq!(
                mix(i.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1234567)),
                want
            );
        }
    }

    #[test]
    fn rounds_is_mix_three_hundred_times() {
        let mut want = 42;
        for _ in 0..300 {
            want = mix(want);
        }
        assert_eq!(rounds(42), want);
    }

    // Published test vectors (Noll, isthe.com/chongo/tech/comp/fnv).
    #[test]
    fn fnv_is_fnv_1a() {
        assert_eq!(fnv(FNV_OFFSET, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(FNV_OFFSET, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(fnv(FNV_OFFSET, b"foo"), b"bar"), 0x8594_4171_f739_67e8);
    }
}
