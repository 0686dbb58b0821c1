#include "common/ipc/errors.h"

#include <doctest/doctest.h>

using evd::base::Error;
using evd::base::ErrorKind;

TEST_CASE("errors: every kind survives the way over the border and back") {
    for (const ErrorKind kind :
         {ErrorKind::Invalid, ErrorKind::Denied, ErrorKind::NotFound, ErrorKind::Busy,
          ErrorKind::Gone, ErrorKind::Io, ErrorKind::Corrupt, ErrorKind::Unsupported}) {
        const Error back =
            evd::ipc::toError(evd::ipc::toException(Error{kind, "the disk is full"}));
        CHECK(back.kind == kind);
        CHECK(back.text == "the disk is full");
    }
}

TEST_CASE("errors: what a peer's library says in front is taken off") {
    const kj::Exception remote(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                               kj::str("remote exception: remote exception: [denied] not yours"));
    CHECK(evd::ipc::toError(remote).kind == ErrorKind::Denied);
    CHECK(evd::ipc::toError(remote).text == "not yours");
}

TEST_CASE("errors: a failure without a kind's name counts as i/o") {
    const kj::Exception bare(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::str("odd"));
    CHECK(evd::ipc::toError(bare).kind == ErrorKind::Io);
    CHECK(evd::ipc::toError(bare).text == "odd");
}
