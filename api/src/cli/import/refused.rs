//! The rows that weren't recorded, in a file beside the one they came from: line, code, message, and
//! the row as it was. The file belongs to the last run: without refused rows there is none.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use csv::{StringRecord, Writer, WriterBuilder};

use super::line::Refused;

/// Writes `FILE.refused.csv`, once there is something to write.
pub(super) struct RefusedFile {
    path: PathBuf,
    writer: Option<Writer<File>>,
    rows: u64,
}

/// The file of refused rows can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write the refused rows to {}: {source}", path.display())]
pub(crate) struct Unwritable {
    path: PathBuf,
    source: io::Error,
}

impl RefusedFile {
    /// The file beside `path`. What an earlier run left there is removed.
    pub(super) fn beside(path: &Path) -> Result<Self, Unwritable> {
        let mut name = path.as_os_str().to_owned();
        name.push(".refused.csv");
        let path = PathBuf::from(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(Unwritable { path, source })
            }
            _ => Ok(Self { path, writer: None, rows: 0 }),
        }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn write(&mut self, refused: &Refused) -> Result<(), Unwritable> {
        self.rows += 1;
        let fails = |source| Unwritable { path: self.path.clone(), source };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(begin(&self.path).map_err(fails)?),
        };
        let number = refused.row.number.to_string();
        let row = neutral(&one_line(&refused.row.fields));
        let fields = [&number, &refused.reason.code, &neutral(&refused.reason.message), &row];
        writer.write_record(fields).map_err(|error| fails(error.into()))
    }

    /// Makes sure that all of it is on its way to the disk.
    pub(super) fn finish(&mut self) -> Result<(), Unwritable> {
        let flushed = self.writer.as_mut().map_or(Ok(()), Writer::flush);
        flushed.map_err(|source| Unwritable { path: self.path.clone(), source })
    }
}

fn begin(path: &Path) -> io::Result<Writer<File>> {
    let mut writer = Writer::from_path(path)?;
    writer.write_record(["line", "code", "message", "row"])?;
    Ok(writer)
}

/// A row as CSV, to be one field of another.
fn one_line(fields: &StringRecord) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let written = writer.write_record(fields).ok().and_then(|()| writer.into_inner().ok());
    let text = written.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    text.trim_end().to_owned()
}

/// A spreadsheet runs a field that begins like a formula; with an apostrophe before it, it is text.
fn neutral(field: &str) -> String {
    match field.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        true => format!("'{field}"),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    //! The file as a person finds it.

    use super::super::line::{Reason, Row};
    use super::*;

    fn refused(number: u64, message: &str, fields: &[&str]) -> Refused {
        let row = Row { number, fields: fields.to_vec().into() };
        Refused { row, reason: Reason::new("FIELD_EMPTY", message) }
    }

    #[test]
    fn a_refused_row_is_told_with_its_line_its_reason_and_itself() {
        let folder = std::env::temp_dir().join(format!("florin-refused-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&folder).unwrap();
        let input = folder.join("march.csv.gz");

        let mut file = RefusedFile::beside(&input).unwrap();
        assert!(!file.path.exists(), "there is nothing to say yet");
        file.write(&refused(7, "`sku` is empty", &["fuel", "one, two", ""])).unwrap();
        file.write(&refused(9, "`sku` is empty", &["=cmd()", "x"])).unwrap();
        file.finish().unwrap();
        assert_eq!(
            fs::read_to_string(folder.join("march.csv.gz.refused.csv")).unwrap(),
            "line,code,message,row\n\
             7,FIELD_EMPTY,`sku` is empty,\"fuel,\"\"one, two\"\",\"\n\
             9,FIELD_EMPTY,`sku` is empty,\"'=cmd(),x\"\n"
        );

        assert!(!RefusedFile::beside(&input).unwrap().path.exists(), "a new run begins anew");
        fs::remove_dir_all(folder).unwrap();
    }
}
