//! One batch until it stands: again where another transaction got in its way or the connection went
//! before the commit, then job by job, so that one that can't be done fails none of its neighbours.
//!
//! What nobody can know is said as that to each: a commit whose answer was lost isn't tried again here,
//! since only the caller's key makes trying again safe.

use entity::ids::ProgrammeId;

use super::lane::Waiting;
use super::{Failed, Work, measure};
use crate::error::{Error, Result, with_causes};
use crate::tx::{ATTEMPTS_MAX, Setback, given_up, pause};

/// How often a batch of several is tried as a whole.
const WHOLE_ATTEMPTS_MAX: u32 = 3;

/// Has all jobs done and tells their callers.
pub(super) async fn run<W: Work>(
    work: &W,
    programme: ProgrammeId,
    batch: Vec<Waiting<W::Job, W::Answer>>,
) {
    let jobs: Vec<&W::Job> = batch.iter().map(|waiting| &waiting.job).collect();
    let most = if jobs.len() > 1 { WHOLE_ATTEMPTS_MAX } else { ATTEMPTS_MAX };
    match attempts(work, programme, &jobs, most).await {
        Ok(answers) => {
            for (waiting, answer) in batch.into_iter().zip(answers) {
                waiting.tell(answer);
            }
        }
        Err(Failed::Undone(_)) if batch.len() > 1 => {
            measure::split();
            one_by_one(work, programme, batch).await;
        }
        Err(failed) => tell_all(batch, failed.into()),
    }
}

/// Has one job done.
pub(super) async fn one<W: Work>(
    work: &W,
    programme: ProgrammeId,
    job: &W::Job,
) -> Result<W::Answer> {
    let mut answers = attempts(work, programme, &[job], ATTEMPTS_MAX).await.map_err(Error::from)?;
    answers.pop().unwrap_or_else(|| Err(super::lost()))
}

async fn one_by_one<W: Work>(
    work: &W,
    programme: ProgrammeId,
    batch: Vec<Waiting<W::Job, W::Answer>>,
) {
    let mut left = batch.into_iter();
    while let Some(waiting) = left.next() {
        if !waiting.is_wanted() {
            continue;
        }
        match attempts(work, programme, &[&waiting.job], ATTEMPTS_MAX).await {
            Ok(mut answers) => {
                waiting.tell(answers.pop().unwrap_or_else(|| Err(super::lost())));
            }
            // The database is away: it would be for the next one too, after as long a wait.
            Err(Failed::NotBegun(error)) => {
                waiting.tell(Err(likewise(&error)));
                return tell_all(left, error);
            }
            Err(failed) => waiting.tell(Err(failed.into())),
        }
    }
}

/// Tries until it stands, at most so often.
async fn attempts<W: Work>(
    work: &W,
    programme: ProgrammeId,
    jobs: &[&W::Job],
    most: u32,
) -> Result<Vec<Result<W::Answer>>, Failed> {
    let mut attempted = 0;
    loop {
        attempted += 1;
        let error = match work.run(programme, jobs).await {
            Err(Failed::Undone(error)) => error,
            answered => return answered,
        };
        let is_worth_it = match Setback::of(&error) {
            Some(Setback::Conflict) => attempted < most,
            Some(Setback::ConnectionLost) => attempted < 2,
            None => false,
        };
        if !is_worth_it {
            return Err(Failed::Undone(error));
        }
        measure::retried();
        tracing::debug!(error = with_causes(&error), attempted, "a batch is tried again");
        pause(attempted).await;
    }
}

fn tell_all<J, A>(batch: impl IntoIterator<Item = Waiting<J, A>>, error: Error) {
    for waiting in batch {
        waiting.tell(Err(likewise(&error)));
    }
}

/// The same error for another caller.
fn likewise(error: &Error) -> Error {
    match error {
        Error::Unavailable(source) => Error::Unavailable(source.clone()),
        Error::Refused(refusal) => Error::Refused(refusal.clone()),
        Error::Overloaded { retry_after_seconds } => {
            Error::Overloaded { retry_after_seconds: *retry_after_seconds }
        }
        other => Error::internal(with_causes(other)),
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Undone(error) => given_up(error),
            Failed::NotBegun(error) | Failed::Unknown(error) => error,
        }
    }
}
