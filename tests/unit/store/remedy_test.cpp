#include "store/remedy.h"

#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

namespace evd::store {
namespace {

using base::ErrorKind;

// A database of which nothing was heard yet, there or not.
struct Patient {
    test::TemporaryDirectory folder;
    const std::string path = folder / "shard0.db";
    FailedReads failed_reads;

    Remedy remedy(const base::Error& error, bool is_open, int64_t now_ns = 0) {
        return remedyFor(error, is_open, path, failed_reads, now_ns);
    }
};

base::Error errorOf(ErrorKind kind, int code = 0) {
    base::Error error = base::fail(kind, "execute: says SQLite");
    error.code = code;
    return error;
}

TEST_CASE("remedy: what is done to an open database depends on the error") {
    Patient patient;
    CHECK(patient.remedy(errorOf(ErrorKind::Corrupt), true) == Remedy::Replace);
    CHECK(patient.remedy(errorOf(ErrorKind::Io, SQLITE_FULL), true) == Remedy::MakeRoom);
    CHECK(patient.remedy(errorOf(ErrorKind::Denied), true) == Remedy::Reopen);
    CHECK(patient.remedy(errorOf(ErrorKind::Invalid), true) == Remedy::None);
}

TEST_CASE("remedy: nothing is done to a database that is not open") {
    Patient patient;
    for (const ErrorKind kind : {ErrorKind::Corrupt, ErrorKind::Io, ErrorKind::Denied}) {
        CHECK(patient.remedy(errorOf(kind), false) == Remedy::None);
    }
}

TEST_CASE("remedy: what cannot be read for long is replaced, open or not, if it is there") {
    const base::Error refused = errorOf(ErrorKind::Io, SQLITE_IOERR_READ);
    for (const bool is_open : {true, false}) {
        for (const bool is_there : {true, false}) {
            CAPTURE(is_open);
            CAPTURE(is_there);
            Patient patient;
            if (is_there) {
                test::writeTextFile(patient.path, "");
            }
            const Remedy meanwhile = is_open ? Remedy::MakeRoom : Remedy::None;
            CHECK(patient.remedy(refused, is_open, 0) == meanwhile);
            CHECK(patient.remedy(refused, is_open, 1) == meanwhile);
            CHECK(patient.remedy(refused, is_open, FailedReads::kPatienceNs) ==
                  (is_there ? Remedy::Replace : meanwhile));
        }
    }
}

TEST_CASE("remedy: errors other than refused reads do not wear the patience out") {
    Patient patient;
    test::writeTextFile(patient.path, "");
    for (int64_t i = 0; i < 10; ++i) {
        CHECK(patient.remedy(errorOf(ErrorKind::Io, SQLITE_IOERR_WRITE), true,
                             i * FailedReads::kPatienceNs) == Remedy::MakeRoom);
    }
}

}  // namespace
}  // namespace evd::store
