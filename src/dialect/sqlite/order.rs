//! An order in which nothing comes before what it needs.

/// The numbers of all items, each behind those it needs and otherwise in order; true when a circle
/// was cut open. Time and memory grow with the number of needs.
pub(super) fn order(needs: &[Vec<usize>]) -> (Vec<usize>, bool) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; needs.len()];
    let (mut out, mut circle) = (Vec::with_capacity(needs.len()), false);
    // Depth first, with its own stack: schemas may be chains of thousands of tables.
    let mut stack: Vec<usize> = (0..needs.len()).rev().collect();
    while let Some(item) = stack.last().copied() {
        let Some(now) = state.get_mut(item) else { break };
        let seen =
            std::mem::replace(now, if *now == State::New { State::Open } else { State::Done });
        if seen == State::New {
            for need in needs.get(item).into_iter().flatten().rev() {
                match state.get(*need) {
                    Some(State::New) => stack.push(*need),
                    Some(State::Open) => circle = true,
                    _ => {}
                }
            }
        } else {
            stack.pop();
            if seen == State::Open {
                out.push(item);
            }
        }
    }
    (out, circle)
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn what_is_needed_comes_first() {
        assert_eq!(order(&[vec![2], vec![], vec![1]]), (vec![1, 2, 0], false));
        assert_eq!(order(&[vec![1], vec![0]]).0.len(), 2);
        assert!(order(&[vec![1], vec![0]]).1);
        let chain: Vec<Vec<usize>> =
            (0..100_000).map(|n| if n == 0 { vec![] } else { vec![n - 1] }).collect();
        assert_eq!(order(&chain).0.len(), chain.len());
    }
}
