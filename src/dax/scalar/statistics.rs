//! Kernels of the statistical aggregators; callers leave BLANKs out.

use crate::dax::error::{EvalError, EvalResult};

/// PERCENTILE.INC: the value at rank `k × (n − 1)` of the sorted values, interpolated; `None` without values. Sorts in place.
///
/// # Errors
/// `D0307` when `k` is not between 0 and 1.
pub fn percentile_inc(values: &mut [f64], k: f64) -> EvalResult<Option<f64>> {
    if !(0.0..=1.0).contains(&k) {
        return Err(EvalError::new("D0307", "The percentile value should be in the range of 0 to 1 inclusive."));
    }
    if values.is_empty() {
        return Ok(None);
    }
    let rank = k * (values.len() - 1) as f64;
    Ok(Some(at_rank(values, rank)))
}

/// PERCENTILE.EXC: the value at rank `k × (n + 1)`, interpolated; `None` without values. Sorts in place.
///
/// # Errors
/// `D0307` when `k` is not between `1/(n+1)` and `n/(n+1)`.
pub fn percentile_exc(values: &mut [f64], k: f64) -> EvalResult<Option<f64>> {
    if values.is_empty() {
        return Ok(None);
    }
    let n = values.len() as f64;
    let rank = k * (n + 1.0);
    // Rounding of the product must not refuse the ends themselves.
    if !(rank >= 1.0 - 1e-9 && rank <= n + 1e-9) {
        return Err(EvalError::new(
            "D0307",
            "The percentile value should be in the range of 1/(N+1)..N/(N+1) inclusive, where N is the number of data values.",
        ));
    }
    Ok(Some(at_rank(values, (rank - 1.0).clamp(0.0, n - 1.0))))
}

/// MEDIAN: the middle value, or the mean of the two; `None` without values. Sorts in place.
pub fn median(values: &mut [f64]) -> Option<f64> {
    (!values.is_empty()).then(|| {
        let rank = (values.len() - 1) as f64 / 2.0;
        at_rank(values, rank)
    })
}

fn at_rank(values: &mut [f64], rank: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let low = rank.floor() as usize;
    let fraction = rank - low as f64;
    match values.get(low + 1) {
        Some(high) if fraction > 0.0 => values[low] + (high - values[low]) * fraction,
        _ => values[low],
    }
}

/// VAR.S (`sample`) and VAR.P; `None` with fewer than two values, or none at all for VAR.P. Two passes, so that a large mean does not
/// eat the digits.
pub fn variance(values: &[f64], sample: bool) -> Option<f64> {
    let n = values.len();
    if n == 0 || sample && n < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let (mut squares, mut rest) = (0.0, 0.0);
    for value in values {
        let difference = value - mean;
        squares += difference * difference;
        rest += difference;
    }
    Some((squares - rest * rest / n as f64) / (if sample { n - 1 } else { n }) as f64)
}

/// GEOMEAN of positive values; `None` without values.
///
/// # Errors
/// `D0308` for a value that is not positive.
pub fn geometric_mean(values: &[f64]) -> EvalResult<Option<f64>> {
    if values.iter().any(|x| *x <= 0.0) {
        return Err(EvalError::new("D0308", "An argument of function 'GEOMEAN' has the wrong data type or has an invalid value."));
    }
    if values.is_empty() {
        return Ok(None);
    }
    let product: f64 = values.iter().product();
    let n = values.len() as f64;
    // The product is exacter as long as it neither overflows nor underflows.
    Ok(Some(if product.is_normal() { product.powf(1.0 / n) } else { (values.iter().map(|x| x.ln()).sum::<f64>() / n).exp() }))
}

/// A least-squares line, as LINEST reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearFit {
    /// One per x column, in their order.
    pub slopes: Vec<f64>,
    /// 0 when no constant was asked for.
    pub intercept: f64,
    /// Standard errors of the slopes.
    pub slope_errors: Vec<f64>,
    /// `None` when no constant was asked for.
    pub intercept_error: Option<f64>,
    /// R².
    pub determination: f64,
    /// Standard error of y.
    pub standard_error: f64,
    /// F statistic.
    pub f_statistic: f64,
    /// n − columns − 1 (or without the 1).
    pub degrees_of_freedom: f64,
    /// Regression sum of squares.
    pub regression_squares: f64,
    /// Residual sum of squares.
    pub residual_squares: f64,
}

/// Fits `y = intercept + Σ slope·x`; `xs` holds one slice per column, each as long as `y`. A column that the others already explain gets
/// slope 0, as in Excel.
///
/// # Errors
/// `D0309` without rows or columns.
pub fn linear_fit(y: &[f64], xs: &[Vec<f64>], constant: bool) -> EvalResult<LinearFit> {
    let (n, k) = (y.len(), xs.len());
    if n == 0 || k == 0 || xs.iter().any(|x| x.len() != n) {
        return Err(EvalError::new("D0309", "function LINEST needs at least one row and one column of x values"));
    }
    let mean = |v: &[f64]| if constant { v.iter().sum::<f64>() / n as f64 } else { 0.0 };
    let y_mean = mean(y);
    let x_means: Vec<f64> = xs.iter().map(|x| mean(x)).collect();
    let y_centred: Vec<f64> = y.iter().map(|v| v - y_mean).collect();
    // Orthogonalise the columns one after the other (modified Gram–Schmidt, twice for the digits).
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut upper = vec![vec![0.0; k]; k];
    let mut used: Vec<bool> = Vec::new();
    for (j, x) in xs.iter().enumerate() {
        let mut column: Vec<f64> = x.iter().map(|v| v - x_means[j]).collect();
        let before = norm(&column);
        for _ in 0..2 {
            for (i, q) in basis.iter().enumerate() {
                let share = dot(q, &column);
                upper[i][j] += share;
                column.iter_mut().zip(q).for_each(|(v, q)| *v -= share * q);
            }
        }
        let after = norm(&column);
        let independent = after > 1e-10 * before && after > 0.0;
        upper[j][j] = if independent { after } else { 1.0 };
        used.push(independent);
        basis.push(if independent { column.iter().map(|v| v / after).collect() } else { vec![0.0; n] });
    }
    let projected: Vec<f64> = basis.iter().map(|q| dot(q, &y_centred)).collect();
    let inverse = invert_upper(&upper, &used);
    let slopes: Vec<f64> = (0..k).map(|i| (i..k).map(|j| inverse[i][j] * projected[j]).sum()).collect();
    let intercept = if constant { y_mean - slopes.iter().zip(&x_means).map(|(b, m)| b * m).sum::<f64>() } else { 0.0 };
    let fitted = |row: usize| intercept + slopes.iter().zip(xs).map(|(b, x)| b * x[row]).sum::<f64>();
    let residual_squares: f64 = y.iter().enumerate().map(|(row, v)| (v - fitted(row)).powi(2)).sum();
    let total: f64 = y_centred.iter().map(|v| v * v).sum();
    let regression_squares = (total - residual_squares).max(0.0);
    let columns = used.iter().filter(|used| **used).count() as f64;
    let degrees_of_freedom = n as f64 - columns - f64::from(u8::from(constant));
    let scatter = if degrees_of_freedom > 0.0 { residual_squares / degrees_of_freedom } else { 0.0 };
    // (XᵀX)⁻¹ = R⁻¹ R⁻ᵀ.
    let covariance = |i: usize, j: usize| -> f64 { (i.max(j)..k).map(|m| inverse[i][m] * inverse[j][m]).sum() };
    let slope_errors: Vec<f64> = (0..k).map(|i| (scatter * covariance(i, i)).sqrt()).collect();
    let intercept_error = constant.then(|| {
        let spread: f64 = (0..k).flat_map(|i| (0..k).map(move |j| (i, j))).map(|(i, j)| x_means[i] * x_means[j] * covariance(i, j)).sum();
        (scatter * (1.0 / n as f64 + spread)).sqrt()
    });
    Ok(LinearFit {
        slopes,
        intercept,
        slope_errors,
        intercept_error,
        determination: if total > 0.0 { regression_squares / total } else { 1.0 },
        standard_error: scatter.sqrt(),
        f_statistic: regression_squares / columns.max(1.0) / scatter,
        degrees_of_freedom,
        regression_squares,
        residual_squares,
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn invert_upper(upper: &[Vec<f64>], used: &[bool]) -> Vec<Vec<f64>> {
    let k = upper.len();
    let mut inverse = vec![vec![0.0; k]; k];
    for j in (0..k).filter(|j| used[*j]) {
        inverse[j][j] = 1.0 / upper[j][j];
        for i in (0..j).rev().filter(|i| used[*i]) {
            let sum: f64 = (i + 1..=j).map(|m| upper[i][m] * inverse[m][j]).sum();
            inverse[i][j] = -sum / upper[i][i];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
    }

    #[test]
    fn percentiles_interpolate_as_excel_does() {
        let v = || [3.0, 1.0, 2.0, 4.0, 5.0];
        assert_eq!(percentile_inc(&mut v(), 0.25).unwrap(), Some(2.0));
        assert_eq!(percentile_inc(&mut v(), 0.3).unwrap(), Some(2.2));
        assert_eq!(percentile_exc(&mut v(), 0.5).unwrap(), Some(3.0));
        assert!(percentile_exc(&mut v(), 0.1).is_err());
        assert!(percentile_inc(&mut v(), 1.1).is_err());
        assert_eq!(median(&mut [4.0, 1.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn variance_keeps_its_digits() {
        assert_eq!(variance(&[1.0, 2.0, 3.0, 4.0, 5.0], true), Some(2.5));
        assert_eq!(variance(&[1.0, 2.0, 3.0, 4.0, 5.0], false), Some(2.0));
        assert_eq!(variance(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0], true), Some(1.0));
        assert_eq!(variance(&[1.0], true), None);
    }

    /// The example of Excel's LINEST page (office values, four columns).
    #[test]
    fn linear_fit_matches_excels_example() {
        let xs = [
            vec![2310.0, 2333.0, 2356.0, 2379.0, 2402.0, 2425.0, 2448.0, 2471.0, 2494.0, 2517.0, 2540.0],
            vec![2.0, 2.0, 3.0, 3.0, 2.0, 4.0, 2.0, 2.0, 3.0, 4.0, 2.0],
            vec![2.0, 2.0, 1.5, 2.0, 3.0, 2.0, 1.5, 2.0, 3.0, 4.0, 3.0],
            vec![20.0, 12.0, 33.0, 43.0, 53.0, 23.0, 99.0, 34.0, 23.0, 55.0, 22.0],
        ];
        let y = [142e3, 144e3, 151e3, 150e3, 139e3, 169e3, 126e3, 142.9e3, 163e3, 169e3, 149e3];
        let fit = linear_fit(&y, &xs, true).unwrap();
        near(fit.slopes[0], 27.641_387_366);
        assert!((fit.slopes[1] - 12_529.768_2).abs() < 1e-3);
        assert!((fit.intercept - 52_317.830_5).abs() < 1e-2);
        assert!((fit.determination - 0.996_747_99).abs() < 1e-7);
        assert!((fit.f_statistic - 459.753_674).abs() < 1e-4);
        assert_eq!(fit.degrees_of_freedom, 6.0);
        assert!((fit.intercept_error.unwrap() - 12_237.361_6).abs() < 1e-2);
    }
}
