//! Lanes with work that only notes what it was given.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use entity::ids::ProgrammeId;
use sea_orm::DbErr;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::lane::{BATCH_WEIGHT_MAX, QUEUE_WEIGHT_MAX};
use super::{Failed, Job, Lanes, Name, Work};
use crate::error::{Error, Result};
use crate::refusal::Code;
use crate::tx::Moved;

#[derive(Clone, Debug)]
struct Task {
    id: usize,
    weight: usize,
    names: Vec<Name>,
}

impl Job for Task {
    fn weight(&self) -> usize {
        self.weight
    }

    fn place(&self) -> Name {
        Name::of(&0)
    }

    fn names(&self) -> &[Name] {
        &self.names
    }
}

fn task(id: usize) -> Task {
    Task { id, weight: 1, names: vec![Name::of(&id)] }
}

/// Answers each task with its id, once there is a permit for the batch.
#[derive(Clone)]
struct Desk {
    batches: Arc<Mutex<Vec<Vec<usize>>>>,
    permits: Arc<Semaphore>,
    /// What becomes of a batch with this task in it.
    poison: Option<(usize, Fate)>,
    is_gone: Arc<AtomicBool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fails,
    Conflicts,
    ConflictsOnce,
    Unknown,
    NotBegun,
    Panics,
    Refused,
}

impl Desk {
    fn new(poison: Option<(usize, Fate)>) -> Self {
        Self {
            batches: Arc::default(),
            permits: Arc::new(Semaphore::new(0)),
            poison,
            is_gone: Arc::default(),
        }
    }

    fn open(&self) {
        self.permits.add_permits(1000);
    }

    fn sizes(&self) -> Vec<usize> {
        self.batches.lock().unwrap().iter().map(Vec::len).collect()
    }
}

fn away() -> Error {
    Error::Unavailable(DbErr::Custom("away".to_owned()))
}

impl Work for Desk {
    type Job = Task;
    type Answer = usize;

    async fn run(&self, _: ProgrammeId, jobs: &[&Task]) -> Result<Vec<Result<usize>>, Failed> {
        let ids: Vec<usize> = jobs.iter().map(|job| job.id).collect();
        self.batches.lock().unwrap().push(ids.clone());
        self.permits.acquire().await.unwrap().forget();
        let fate = self.poison.filter(|(id, _)| ids.contains(id)).map(|(_, fate)| fate);
        match fate {
            Some(Fate::Fails) => Err(Failed::Undone(Error::internal("poison"))),
            Some(Fate::Conflicts) => Err(Failed::Undone(Error::internal(Moved))),
            Some(Fate::ConflictsOnce) if !self.is_gone.swap(true, Ordering::Relaxed) => {
                Err(Failed::Undone(Error::internal(Moved)))
            }
            Some(Fate::Unknown) => Err(Failed::Unknown(away())),
            Some(Fate::NotBegun) => Err(Failed::NotBegun(away())),
            Some(Fate::Panics) => panic!("a fault in the work"),
            fate => Ok(ids
                .into_iter()
                .map(|id| match self.poison {
                    Some((bad, _)) if fate == Some(Fate::Refused) && id == bad => {
                        Err(Code::Overflow.into())
                    }
                    _ => Ok(id),
                })
                .collect()),
        }
    }
}

fn programme() -> ProgrammeId {
    ProgrammeId::from_uuid(Uuid::nil())
}

type Waiter = tokio::task::JoinHandle<Result<usize>>;

/// The first task is under way, the others wait behind it.
async fn behind_one(lanes: &Arc<Lanes<Desk>>, desk: &Desk, tasks: Vec<Task>) -> Vec<Waiter> {
    let mut waiters = Vec::new();
    for task in std::iter::once(task(0)).chain(tasks) {
        let lanes = Arc::clone(lanes);
        waiters.push(tokio::spawn(async move { lanes.submit(programme(), task).await }));
        tokio::task::yield_now().await;
        while desk.sizes().is_empty() {
            tokio::task::yield_now().await;
        }
    }
    waiters
}

async fn answers(waiters: Vec<Waiter>) -> Vec<Result<usize>> {
    let mut answers = Vec::new();
    for waiter in waiters {
        answers.push(waiter.await.unwrap());
    }
    answers
}

fn lanes(desk: &Desk) -> Arc<Lanes<Desk>> {
    Arc::new(Lanes::new(desk.clone(), 1))
}

/// Tasks 1 to 5 in one batch, task 3 with this fate: what each hears, and the sizes of the batches.
async fn five(fate: Fate) -> (Vec<Result<usize>>, Vec<usize>) {
    let desk = Desk::new(Some((3, fate)));
    let lanes = lanes(&desk);
    let waiters = behind_one(&lanes, &desk, (1..=5).map(task).collect()).await;
    desk.open();
    let answers = answers(waiters).await;
    lanes.drain().await;
    (answers, desk.sizes())
}

#[tokio::test]
async fn a_lone_job_goes_at_once_and_those_who_come_meanwhile_go_together() {
    let desk = Desk::new(None);
    let lanes = lanes(&desk);
    let waiters = behind_one(&lanes, &desk, (1..=5).map(task).collect()).await;
    desk.open();
    let answers: Vec<_> = answers(waiters).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [0, 1, 2, 3, 4, 5]);
    assert_eq!(desk.sizes(), [1, 5]);
}

#[tokio::test]
async fn a_batch_that_met_another_is_tried_again_and_stands() {
    let (answers, sizes) = five(Fate::ConflictsOnce).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(sizes, [1, 5, 5]);
}

#[tokio::test]
async fn one_that_can_not_be_done_fails_none_of_its_neighbours() {
    for (fate, whole) in [(Fate::Fails, 1), (Fate::Conflicts, 3)] {
        let (answers, sizes) = five(fate).await;
        for (id, answer) in answers.iter().enumerate() {
            assert_eq!(answer.is_ok(), id != 3, "{id}");
        }
        assert_eq!(sizes[..=whole], [&[1][..], &vec![5; whole]].concat());
        assert!(sizes[whole + 1..].iter().all(|size| *size == 1));
    }
}

#[tokio::test]
async fn conflicts_without_end_are_worth_another_try_alone_and_among_others() {
    let (answers, _) = five(Fate::Conflicts).await;
    assert!(matches!(answers[3], Err(Error::Overloaded { .. })), "{:?}", answers[3]);
    let desk = Desk::new(Some((0, Fate::Conflicts)));
    desk.open();
    let alone = lanes(&desk).submit(programme(), task(0)).await;
    assert!(matches!(alone, Err(Error::Overloaded { .. })), "{alone:?}");
}

#[tokio::test]
async fn a_refusal_is_its_own_jobs_alone() {
    let (answers, sizes) = five(Fate::Refused).await;
    assert!(matches!(answers[3], Err(Error::Refused(_))));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    assert_eq!(sizes, [1, 5]);
}

#[tokio::test]
async fn what_nobody_knows_is_said_to_each_and_not_tried_again() {
    for fate in [Fate::Unknown, Fate::NotBegun, Fate::Panics] {
        let (answers, sizes) = five(fate).await;
        assert!(answers[0].is_ok());
        assert!(answers[1..].iter().all(|answer| matches!(answer, Err(Error::Unavailable(_)))));
        assert_eq!(sizes, [1, 5]);
    }
}

#[tokio::test]
async fn two_of_one_name_take_turns() {
    let desk = Desk::new(None);
    let lanes = lanes(&desk);
    let twin = |id| Task { names: vec![Name::of(&"twin")], ..task(id) };
    let waiters = behind_one(&lanes, &desk, vec![twin(1), twin(2), task(3), twin(4)]).await;
    desk.open();
    assert!(answers(waiters).await.iter().all(Result::is_ok));
    assert_eq!(*desk.batches.lock().unwrap(), [vec![0], vec![1, 3], vec![2], vec![4]]);
}

#[tokio::test]
async fn a_batch_has_a_most_and_so_has_the_queue() {
    let desk = Desk::new(None);
    let lanes = lanes(&desk);
    let heavy = |id| Task { weight: BATCH_WEIGHT_MAX / 2, ..task(id) };
    let fit = QUEUE_WEIGHT_MAX / (BATCH_WEIGHT_MAX / 2);
    let waiters = behind_one(&lanes, &desk, (1..=fit + 1).map(heavy).collect()).await;
    // The last one hears it while the others still wait.
    let (mut waiters, last) = (waiters, fit + 1);
    assert!(matches!(waiters.remove(last).await.unwrap(), Err(Error::Overloaded { .. })));
    desk.open();
    assert!(answers(waiters).await.iter().all(Result::is_ok));
    assert_eq!(desk.sizes(), [&[1][..], &vec![2; fit / 2]].concat());
    // There is room again.
    assert!(lanes.submit(programme(), task(99)).await.is_ok());
}

#[tokio::test]
async fn who_goes_away_before_its_turn_is_left_out_and_nobody_else_notices() {
    let desk = Desk::new(None);
    let lanes = lanes(&desk);
    let waiters = behind_one(&lanes, &desk, (1..=3).map(task).collect()).await;
    for gone in [0, 2] {
        waiters[gone].abort();
    }
    tokio::task::yield_now().await;
    desk.open();
    let mut stayed = Vec::new();
    for waiter in waiters {
        if let Ok(answer) = waiter.await {
            stayed.push(answer.unwrap());
        }
    }
    lanes.drain().await;
    assert_eq!(stayed, [1, 3]);
    assert_eq!(*desk.batches.lock().unwrap(), [vec![0], vec![1, 3]]);
}

#[tokio::test]
async fn a_programme_does_not_wait_for_another() {
    let desk = Desk::new(None);
    let lanes = lanes(&desk);
    let waiters = behind_one(&lanes, &desk, vec![task(1)]).await;
    let other = ProgrammeId::from_uuid(Uuid::max());
    let elsewhere = tokio::spawn({
        let lanes = Arc::clone(&lanes);
        async move { lanes.submit(other, task(7)).await }
    });
    while desk.sizes().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(*desk.batches.lock().unwrap(), [vec![0], vec![7]]);
    desk.open();
    assert!(answers(waiters).await.iter().all(Result::is_ok));
    assert!(elsewhere.await.unwrap().is_ok());
}
