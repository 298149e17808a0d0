//! A file as a stream of text: plain or gzip, told apart by its first bytes, not by its name. Several
//! gzip members after one another are one text, as `cat a.gz b.gz` makes them.
//!
//! It counts what it has read of the file, for the progress bar, and gives up on a row without end:
//! a quote left open would otherwise make the rest of the file one field, held in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The reader's own buffer is much smaller, so a row that is refused for its length is really long.
const ROW_BYTES_MAX: u64 = 1 << 20;

/// Two counters that the reader moves and others look at.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    /// Bytes of the file read so far, compressed if it is.
    file_bytes: Arc<AtomicU64>,
    /// Bytes of text since the last row ended.
    row_bytes: Arc<AtomicU64>,
}

impl Counters {
    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }

    /// Says that a row has ended; the next may be as long again.
    pub(super) fn row_ended(&self) {
        self.row_bytes.store(0, Ordering::Relaxed);
    }
}

/// Opens a file for reading, and says how long it is.
pub(super) fn open(path: &Path, counters: &Counters) -> io::Result<(Box<dyn Read + Send>, u64)> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    text(file, counters).map(|text| (text, bytes))
}

/// The text of a file, whether it is compressed or not.
pub(super) fn text(
    file: impl Read + Send + 'static,
    counters: &Counters,
) -> io::Result<Box<dyn Read + Send>> {
    let mut file = BufReader::new(Counted { inner: file, bytes: Arc::clone(&counters.file_bytes) });
    let is_gzip = file.fill_buf()?.starts_with(&GZIP);
    let row_bytes = Arc::clone(&counters.row_bytes);
    Ok(match is_gzip {
        true => Box::new(Bounded { inner: MultiGzDecoder::new(file), row_bytes }),
        false => Box::new(Bounded { inner: file, row_bytes }),
    })
}

struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        add(&self.bytes, read);
        Ok(read)
    }
}

struct Bounded<R> {
    inner: R,
    row_bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if add(&self.row_bytes, read) > ROW_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the next row is longer than 1 MB: is a quote left open?",
            ));
        }
        Ok(read)
    }
}

fn add(counter: &AtomicU64, bytes: usize) -> u64 {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    counter.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes)
}

#[cfg(test)]
mod tests {
    //! What a reader makes of bytes.

    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn read(file: Vec<u8>) -> io::Result<String> {
        let mut read = String::new();
        text(io::Cursor::new(file), &Counters::default())?.read_to_string(&mut read)?;
        Ok(read)
    }

    #[test]
    fn plain_and_compressed_files_read_alike() {
        assert_eq!(read(b"a,b".to_vec()).unwrap(), "a,b");
        assert_eq!(read(gzip("a,b")).unwrap(), "a,b");
        assert_eq!(read([gzip("a,"), gzip("b")].concat()).unwrap(), "a,b");
        assert_eq!(read(Vec::new()).unwrap(), "");
    }

    #[test]
    fn a_compressed_file_that_was_cut_off_is_an_error() {
        let whole = gzip("a,b,c");
        let cut = whole[..whole.len() - 5].to_vec();
        assert_eq!(read(cut).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_row_without_end_is_given_up() {
        let endless = "x".repeat(2 << 20);
        assert_eq!(read(endless.into_bytes()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn what_is_counted_is_the_file_not_its_text() {
        let (file, counters) = (gzip(&"a".repeat(10_000)), Counters::default());
        let bytes = u64::try_from(file.len()).unwrap();
        text(io::Cursor::new(file), &counters).unwrap().read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(counters.file_bytes(), bytes);
    }
}
