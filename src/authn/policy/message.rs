//! What `regorus` has to say, in one line.

/// The most characters of a message.
const MOST: usize = 300;

/// A message on one line, escaped and cut.
pub(super) fn cut(message: &str) -> String {
    let mut shown: String = message.trim().chars().take(MOST).flat_map(char::escape_debug).collect();
    if message.trim().chars().nth(MOST).is_some() {
        shown.push('…');
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
    let Some((_, what)) = message.rsplit_once("\nerror: ") else { return whole() };
    format!("line {}, column {}: {}", cut(line), cut(column), cut(what))
}
