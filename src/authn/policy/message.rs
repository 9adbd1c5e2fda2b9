//! What `regorus` has to say, in one line.

/// The most characters of a message.
const MOST: usize = 300;

/// A message on one line, escaped and cut.
pub(super) fn cut(message: &str) -> String {
    let mut shown = String::new();
    for (at, c) in message.trim().chars().enumerate() {
        match c {
            _ if at == MOST => {
                shown.push('…');
                break;
            }
            '\'' | '"' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

/// Where and what, out of a message that shows the source with a caret below it.
///
/// ```text
/// --> policy:3:7
///   |
/// 3 | allow iff
///   |       ^
/// error: unexpected text
/// ```
pub(super) fn located(message: &str) -> String {
    let whole = || cut(message);
    let Some((_, place)) = message.split_once("--> policy:") else { return whole() };
    let Some((place, _)) = place.split_once('\n') else { return whole() };
    let Some((line, column)) = place.split_once(':') else { return whole() };
    let Some((_, what)) = message.split_once("\nerror: ") else { return whole() };
    let what = what.lines().next().unwrap_or_default();
    format!("line {}, column {}: {}", cut(line), cut(column), cut(what))
}
