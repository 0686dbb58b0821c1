#include "common/base/result.h"

#include <doctest/doctest.h>
#include <cerrno>
#include <memory>
#include <string>

using evd::base::Error;
using evd::base::ErrorKind;
using evd::base::fail;
using evd::base::Result;

namespace {

Result<void> refuseOdd(int number) {
    if (number % 2 != 0) {
        return fail(ErrorKind::Invalid, "odd");
    }
    return {};
}

Result<int> halveTwice(int number) {
    EVD_TRY(refuseOdd(number));
    EVD_TRY(refuseOdd(number / 2));
    return number / 4;
}

}  // namespace

TEST_CASE("result: a value is there and no error") {
    const Result<int> result = 7;
    CHECK(result.ok());
    CHECK(static_cast<bool>(result));
    CHECK(result.value() == 7);
}

TEST_CASE("result: an error carries its kind and its text") {
    const Result<int> result = fail(ErrorKind::Busy, "later");
    CHECK_FALSE(result.ok());
    CHECK(result.error().kind == ErrorKind::Busy);
    CHECK(result.error().text == "later");
}

TEST_CASE("result: a value that cannot be copied is moved out") {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
    const std::unique_ptr<int> taken = std::move(result).value();
    CHECK(*taken == 3);
}

TEST_CASE("result: a result of an error type keeps value and error apart") {
    // The value is itself a string, like the text of an error; the side is what counts.
    const Result<std::string> good = std::string("text");
    const Result<std::string> bad = fail(ErrorKind::Io, "text");
    CHECK(good.ok());
    CHECK_FALSE(bad.ok());
}

TEST_CASE("result: without a value it is good by default and bad by error") {
    CHECK(Result<void>().ok());
    const Result<void> bad = fail(ErrorKind::Gone, "closed");
    CHECK_FALSE(bad.ok());
    CHECK(bad.error().kind == ErrorKind::Gone);
}

TEST_CASE("result: trying leaves the function at the first error only") {
    CHECK(halveTwice(8).value() == 2);
    CHECK(halveTwice(7).error().text == "odd");
    CHECK(halveTwice(6).error().kind == ErrorKind::Invalid);
}

TEST_CASE("result: an error from errno is an i/o error that names the call") {
    const Error error = evd::base::failErrno("cannot open x", ENOENT);
    CHECK(error.kind == ErrorKind::Io);
    CHECK(error.text == "cannot open x: No such file or directory");
}

TEST_CASE("result: every kind of error has a name of its own") {
    CHECK(std::string(errorKindName(ErrorKind::Invalid)) == "invalid");
    CHECK(std::string(errorKindName(ErrorKind::Denied)) == "denied");
    CHECK(std::string(errorKindName(ErrorKind::NotFound)) == "not found");
    CHECK(std::string(errorKindName(ErrorKind::Busy)) == "busy");
    CHECK(std::string(errorKindName(ErrorKind::Gone)) == "gone");
    CHECK(std::string(errorKindName(ErrorKind::Io)) == "i/o");
    CHECK(std::string(errorKindName(ErrorKind::Corrupt)) == "corrupt");
    CHECK(std::string(errorKindName(ErrorKind::Unsupported)) == "unsupported");
}
