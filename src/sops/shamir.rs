//! Shamir's secret sharing as sops (and before it HashiCorp's Vault) does it: byte by byte over GF(2^8) with the polynomial of
//! AES. A share is the secret's length of `y` bytes, then one `x`. Only putting together; gen splits nothing.

use zeroize::Zeroizing;

/// Puts shares together. `None` where they do not belong together: too few, of different or no length, or twice the same `x`.
pub(super) fn combine(shares: &[Zeroizing<Vec<u8>>]) -> Option<Zeroizing<Vec<u8>>> {
    let length = shares.first()?.len();
    if shares.len() < 2 || length < 2 || shares.iter().any(|share| share.len() != length) {
        return None;
    }
    let xs: Vec<u8> = shares.iter().filter_map(|share| share.last().copied()).collect();
    if xs.iter().enumerate().any(|(at, x)| *x == 0 || xs[..at].contains(x)) {
        return None;
    }
    // Lagrange's polynomials at 0: the same for every byte. Minus is plus in this field.
    let weights: Vec<u8> = xs
        .iter()
        .map(|x| {
            let others = xs.iter().filter(|other| *other != x);
            others.fold(1, |weight, other| multiply(weight, multiply(*other, invert(*other ^ *x))))
        })
        .collect();
    let mut secret = Zeroizing::new(vec![0; length - 1]);
    for (share, weight) in shares.iter().zip(&weights) {
        for (byte, y) in secret.iter_mut().zip(share.iter()) {
            *byte ^= multiply(*y, *weight);
        }
    }
    Some(secret)
}

/// The product, in the same time whatever the factors.
fn multiply(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0, |product: u8, bit| {
        let doubled = (product << 1) ^ (0x1B & (product >> 7).wrapping_neg());
        doubled ^ (a & ((b >> bit) & 1).wrapping_neg())
    })
}

/// The inverse: the 254th power.
fn invert(a: u8) -> u8 {
    let square = |a| multiply(a, a);
    let third = multiply(square(a), a);
    let fifteenth = multiply(square(square(third)), third);
    let sixtieth = square(square(fifteenth));
    let sixty_third = multiply(sixtieth, third);
    square(multiply(square(sixty_third), a))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use zeroize::Zeroizing;

    use super::{combine, invert, multiply};

    fn shares(list: &[&[u8]]) -> Vec<Zeroizing<Vec<u8>>> {
        list.iter().map(|share| Zeroizing::new(share.to_vec())).collect()
    }

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, section 4.2.
        assert_eq!((multiply(0x57, 0x83), multiply(0x57, 0x13)), (0xC1, 0xFE));
        assert!((1..=255).all(|a| multiply(a, invert(a)) == 1));
    }

    #[test]
    fn shares_that_do_not_belong_together() {
        let of = |list: &[&[u8]]| combine(&shares(list)).is_some();
        assert!(of(&[&[1, 2, 1], &[3, 4, 2]]));
        assert!(!of(&[]) && !of(&[&[1, 2, 1]]) && !of(&[&[1, 2, 1], &[3, 4, 1]]) && !of(&[&[1, 2, 0], &[3, 4, 1]]));
        assert!(!of(&[&[1, 2, 1], &[4, 2]]) && !of(&[&[1], &[2]]));
    }

    proptest! {
        /// Any three points of a polynomial of the second degree give its value at 0.
        #[test]
        fn three_of_five(secret in any::<u8>(), a in any::<u8>(), b in any::<u8>(), left in 1u8..=5, right in 1u8..=5) {
            let share = |x: u8| Zeroizing::new(vec![secret ^ multiply(x, a ^ multiply(x, b)), x]);
            let picked: Vec<_> = (1..=5).filter(|x| *x != left && *x != right).take(3).map(share).collect();
            prop_assert_eq!(combine(&picked).map(|whole| whole[0]), Some(secret));
        }
    }
}
