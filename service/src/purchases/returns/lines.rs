//! Line arithmetic of returns. Pure.

use entity::purchases::purchase::Line;
use entity::purchases::purchase_return::{ReturnedLine, ReturnedLines};

use super::WishedLine;
use crate::refusal::{Code, Refusal};

/// What is left of each line after earlier returns.
pub(super) fn left<'a>(
    lines: &[Line],
    earlier: impl Iterator<Item = &'a ReturnedLines>,
) -> Vec<Line> {
    earlier.fold(lines.to_vec(), |left, returned| less(&left, &returned.0))
}

/// The lines less what comes back of them.
pub(super) fn less(lines: &[Line], returned: &[ReturnedLine]) -> Vec<Line> {
    let mut left = lines.to_vec();
    for part in returned {
        if let Some(line) = left.get_mut(part.line) {
            line.quantity -= part.quantity;
            line.amount_minor -= part.amount_minor;
        }
    }
    left
}

/// What the caller wants back, checked against what is left.
pub(super) fn wished(
    left: &[Line],
    wish: Option<&[WishedLine]>,
) -> Result<Vec<ReturnedLine>, Refusal> {
    let lines = match wish {
        None => left.iter().enumerate().map(|(place, line)| all_of(place, line)).collect(),
        Some(wish) => named(left, wish)?,
    };
    let lines: Vec<ReturnedLine> =
        lines.into_iter().filter(|line| line.quantity > 0 || line.amount_minor > 0).collect();
    if !lines.is_empty() {
        return Ok(lines);
    }
    let is_all_back = left.iter().all(|line| line.quantity == 0 && line.amount_minor == 0);
    let code = if is_all_back { Code::ReturnExceedsPurchase } else { Code::ReturnEmpty };
    Err(Refusal::new(code).at("lines"))
}

fn named(left: &[Line], wish: &[WishedLine]) -> Result<Vec<ReturnedLine>, Refusal> {
    let mut lines: Vec<ReturnedLine> = Vec::new();
    for (place, part) in wish.iter().enumerate() {
        let at = |field: &str| format!("lines.{place}.{field}");
        let is_twice = lines.iter().any(|earlier| earlier.line == part.line);
        let line = left.get(part.line).filter(|_| !is_twice);
        let line = line.ok_or_else(|| Refusal::new(Code::LineNotFound).at(&at("line")))?;
        lines.push(part_of(line, part).map_err(|(refusal, field)| refusal.at(&at(field)))?);
    }
    Ok(lines)
}

fn part_of(line: &Line, part: &WishedLine) -> Result<ReturnedLine, (Refusal, &'static str)> {
    let quantity = match (part.quantity, part.amount_minor) {
        (Some(quantity), _) => quantity,
        // An amount alone is a price taken off: the goods stay.
        (None, Some(amount)) if amount < line.amount_minor => 0,
        (None, _) => line.quantity,
    };
    if quantity < 0 || quantity > line.quantity {
        return Err((exceeds("pieces", quantity, line.quantity), "quantity"));
    }
    let amount_minor = part.amount_minor.unwrap_or_else(|| in_proportion(line, quantity));
    if amount_minor < 0 || amount_minor > line.amount_minor {
        return Err((exceeds("minor units", amount_minor, line.amount_minor), "amount"));
    }
    Ok(ReturnedLine { line: part.line, quantity, amount_minor })
}

fn exceeds(what: &str, wanted: i64, left: i64) -> Refusal {
    let message = format!("{wanted} {what} were to come back; {left} are left of the line.");
    Refusal::new(Code::ReturnExceedsPurchase).because(message)
}

/// The part of the line's amount that goes with a part of its quantity, rounded down; the last
/// piece takes the rest, so that the parts add up.
fn in_proportion(line: &Line, quantity: i64) -> i64 {
    if line.quantity == 0 || quantity == line.quantity {
        return line.amount_minor;
    }
    let share = i128::from(line.amount_minor) * i128::from(quantity) / i128::from(line.quantity);
    i64::try_from(share).unwrap_or(line.amount_minor)
}

fn all_of(place: usize, line: &Line) -> ReturnedLine {
    ReturnedLine { line: place, quantity: line.quantity, amount_minor: line.amount_minor }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: i64, amount_minor: i64) -> Line {
        Line {
            sku: "1".to_owned(),
            category: None,
            brand: None,
            quantity,
            amount_minor,
            discount_minor: 0,
        }
    }

    fn pieces(quantity: i64) -> Vec<WishedLine> {
        vec![WishedLine { line: 0, quantity: Some(quantity), amount_minor: None }]
    }

    #[test]
    fn three_pieces_one_by_one_are_the_whole_line() {
        let mut left = vec![line(3, 1000)];
        let mut amounts = Vec::new();
        for _ in 0..3 {
            let back = wished(&left, Some(&pieces(1))).unwrap();
            amounts.push(back[0].amount_minor);
            left = less(&left, &back);
        }
        assert_eq!(amounts, [333, 333, 334]);
        assert_eq!((left[0].quantity, left[0].amount_minor), (0, 0));
    }

    #[test]
    fn more_than_is_left_is_refused_with_the_figures() {
        let refusal = wished(&[line(3, 1000)], Some(&pieces(4))).unwrap_err();
        assert_eq!(refusal.code, Code::ReturnExceedsPurchase);
        assert_eq!(refusal.path.join("."), "lines.0.quantity");
        assert!(refusal.message.contains("4 pieces") && refusal.message.contains("3 are left"));
    }

    #[test]
    fn a_whole_return_takes_what_is_left_and_only_once() {
        let left = [line(2, 500), line(0, 250)];
        let back = wished(&left, None).unwrap();
        assert_eq!(back.iter().map(|part| part.amount_minor).sum::<i64>(), 750);
        let refusal = wished(&less(&left, &back), None).unwrap_err();
        assert_eq!(refusal.code, Code::ReturnExceedsPurchase);
    }

    #[test]
    fn a_line_is_named_once_and_must_exist() {
        let twice = [pieces(1), pieces(1)].concat();
        assert_eq!(wished(&[line(3, 1000)], Some(&twice)).unwrap_err().code, Code::LineNotFound);
        let elsewhere = [WishedLine { line: 7, quantity: None, amount_minor: None }];
        assert_eq!(
            wished(&[line(3, 1000)], Some(&elsewhere)).unwrap_err().code,
            Code::LineNotFound
        );
        assert_eq!(wished(&[line(3, 1000)], Some(&pieces(0))).unwrap_err().code, Code::ReturnEmpty);
    }

    #[test]
    fn a_price_taken_off_leaves_the_goods() {
        let wish = [WishedLine { line: 0, quantity: None, amount_minor: Some(200) }];
        let back = wished(&[line(3, 1000)], Some(&wish)).unwrap();
        assert_eq!((back[0].quantity, back[0].amount_minor), (0, 200));
    }
}
