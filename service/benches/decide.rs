//! How long it takes to decide what a sale of twenty lines earns, by how many rules: `cargo bench`, or
//! `tests/bench`, which sets the figures beside their bars.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use service::earning::measure::Coalition;

fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    for rules in [10, 100, 1000] {
        for (name, coalition) in
            [("mixed", Coalition::mixed(rules)), ("unscoped", Coalition::unscoped(rules))]
        {
            let (points, given) = coalition.decide().expect("the basket is in order");
            println!("{rules} rules, {name}: {points} points, {given} rules gave");
            let id = BenchmarkId::new(name, rules);
            group.bench_with_input(id, &coalition, |bencher, coalition| {
                bencher.iter(|| coalition.decide());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
