use super::{Action, Item, PlanError, Step, Strength};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

#[derive(Clone, Copy)]
struct Edge {
    before: usize,
    after: usize,
    strength: Strength,
}

/// Orders steps so that each runs after what it waits for, otherwise by kind and name. Circles are
/// opened where the dependency is only a wish or a mention.
pub(super) fn sort(steps: Vec<Step>) -> Result<Vec<Step>, PlanError> {
    let (mut ordered, mut steps): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| matches!(step.action, Action::Rename(_)));
    steps.sort_by_cached_key(|step| (step.stage, step.action.place()));
    let mut edges = edges(&steps);
    let Some(sequence) = order(steps.len(), &edges) else {
        edges.retain(|edge| edge.strength == Strength::Must);
        return Err(cycle(&steps, &edges));
    };
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    ordered.extend(sequence.into_iter().filter_map(|at| slots.get_mut(at).and_then(Option::take)));
    Ok(ordered)
}

fn edges(steps: &[Step]) -> Vec<Edge> {
    let mut creators: HashMap<&Item, Vec<usize>> = HashMap::new();
    let mut releasers: HashMap<&Item, Vec<(usize, Strength)>> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        for item in &step.creates {
            creators.entry(item).or_default().push(at);
        }
        for dependency in &step.releases {
            releasers.entry(&dependency.item).or_default().push((at, dependency.strength));
        }
    }
    let mut edges = Vec::new();
    let mut edge = |before, after, strength| {
        if before != after {
            edges.push(Edge { before, after, strength });
        }
    };
    for (at, step) in steps.iter().enumerate() {
        for dependency in &step.needs {
            for creator in creators.get(&dependency.item).into_iter().flatten() {
                edge(*creator, at, dependency.strength);
            }
        }
        for item in &step.destroys {
            for (releaser, strength) in releasers.get(item).into_iter().flatten() {
                edge(*releaser, at, *strength);
            }
            // A change in place both destroys and creates; two of them on one item keep the order
            // of their keys.
            let in_place = step.creates.contains(item);
            for creator in creators.get(item).into_iter().flatten() {
                let other = steps.get(*creator).is_some_and(|s| s.destroys.contains(item));
                match (in_place, other) {
                    (true, true) if at < *creator => edge(at, *creator, Strength::Must),
                    (true, true) => {}
                    // An item made in this plan is changed after it is made, unless it is also
                    // dropped first.
                    (true, false) => edge(*creator, at, Strength::Must),
                    (false, _) => edge(at, *creator, Strength::Must),
                }
            }
        }
    }
    edges
}

/// Each step once all it waits for is done, the first of those that can go first. When none can,
/// one of a circle goes that waits for wishes only, or else for bodies or mentions, as few as possible: each
/// dependency given up may be the one that was real. `None` when a circle is all musts.
fn order(count: usize, edges: &[Edge]) -> Option<Vec<usize>> {
    let mut waiting = vec![0_usize; count];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in edges {
        if let (Some(n), Some(list)) = (waiting.get_mut(edge.after), next.get_mut(edge.before)) {
            *n += 1;
            list.push(edge.after);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        waiting.iter().enumerate().filter(|(_, n)| **n == 0).map(|(at, _)| Reverse(at)).collect();
    let mut order = Vec::with_capacity(count);
    let mut done = vec![false; count];
    loop {
        while let Some(Reverse(at)) = ready.pop() {
            match done.get_mut(at) {
                Some(flag) if !*flag => *flag = true,
                _ => continue,
            }
            order.push(at);
            for after in next.get(at).into_iter().flatten() {
                if let Some(n) = waiting.get_mut(*after) {
                    *n = n.saturating_sub(1);
                    if *n == 0 {
                        ready.push(Reverse(*after));
                    }
                }
            }
        }
        if order.len() == count {
            return Some(order);
        }
        ready.push(Reverse(first_of_circle(count, edges, &done)?));
    }
}

/// The step with which to open a circle that waits for nothing outside itself.
fn first_of_circle(count: usize, edges: &[Edge], done: &[bool]) -> Option<usize> {
    let is_left = |at: usize| done.get(at) == Some(&false);
    let left: Vec<Edge> =
        edges.iter().filter(|e| is_left(e.before) && is_left(e.after)).copied().collect();
    let group = components(count, &left);
    let mut waits = vec![false; count];
    let mut cost = vec![(0_usize, 0_usize, 0_usize, 0_usize); count];
    for edge in &left {
        let (from, to) = (group.get(edge.before), group.get(edge.after));
        if from != to
            && let Some(flag) = to.and_then(|to| waits.get_mut(*to))
        {
            *flag = true;
        }
        if let Some((musts, mentions, bodies, wishes)) = cost.get_mut(edge.after) {
            match edge.strength {
                Strength::Must => *musts += 1,
                Strength::Mention => *mentions += 1,
                Strength::Body => *bodies += 1,
                Strength::Wish => *wishes += 1,
            }
        }
    }
    let free = |at: &usize| group.get(*at).and_then(|root| waits.get(*root)) == Some(&false);
    (0..count)
        .filter(|at| is_left(*at) && free(at))
        .filter_map(|at| cost.get(at).map(|cost| (*cost, at)))
        .min()
        .filter(|((musts, ..), _)| *musts == 0)
        .map(|(_, at)| at)
}

/// The strongly connected component of each step (Kosaraju, without recursion: plans of
/// thousands of steps are ordinary).
fn components(count: usize, edges: &[Edge]) -> Vec<usize> {
    let mut forward: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut backward: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in edges {
        if let (Some(f), Some(b)) = (forward.get_mut(edge.before), backward.get_mut(edge.after)) {
            f.push(edge.after);
            b.push(edge.before);
        }
    }
    let mut finished = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    for root in 0..count {
        walk(root, &forward, &mut seen, &mut finished);
    }
    let mut group = vec![usize::MAX; count];
    let mut seen = vec![false; count];
    for root in finished.into_iter().rev() {
        let mut members = Vec::new();
        walk(root, &backward, &mut seen, &mut members);
        for member in members {
            if let Some(slot) = group.get_mut(member) {
                *slot = root;
            }
        }
    }
    group
}

/// Depth first; appends each reached step once all behind it are done.
fn walk(root: usize, next: &[Vec<usize>], seen: &mut [bool], done: &mut Vec<usize>) {
    let mut stack = vec![(root, false)];
    while let Some((at, finished)) = stack.pop() {
        if finished {
            done.push(at);
            continue;
        }
        match seen.get_mut(at) {
            Some(flag) if !*flag => *flag = true,
            _ => continue,
        }
        stack.push((at, true));
        stack.extend(next.get(at).into_iter().flatten().map(|to| (*to, false)));
    }
}

fn cycle(steps: &[Step], edges: &[Edge]) -> PlanError {
    let group = components(steps.len(), edges);
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    for root in &group {
        *sizes.entry(*root).or_default() += 1;
    }
    let involved = steps
        .iter()
        .zip(&group)
        .filter(|(_, root)| sizes.get(root).is_some_and(|size| *size > 1))
        .map(|(step, _)| step.describe())
        .collect();
    PlanError::Cycle { steps: involved }
}
