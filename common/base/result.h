#pragma once

#include "common/base/check.h"

#include <cerrno>
#include <string>
#include <utility>
#include <variant>

namespace evd::base {

// What the caller of a failed operation should do next (style: Errors, 1).
enum class ErrorKind {
    Invalid,      // tell the sender; never retry
    Denied,       // refuse, and reveal nothing more
    NotFound,     // treat as empty, or say so
    Busy,         // back off, or shed
    Gone,         // rebuild from the start
    Io,           // record the loss and carry on
    Corrupt,      // stop writing there; keep it for reading; raise it
    Unsupported,  // fall back, or refuse cleanly
};

const char* errorKindName(ErrorKind kind);

// Why an operation failed: the kind for the program, the text for a person.
struct Error {
    ErrorKind kind = ErrorKind::Io;
    std::string text;
    int code = 0;  // of the library that failed, where it matters to somebody; else 0
};

inline Error fail(ErrorKind kind, std::string text) {
    return Error{kind, std::move(text)};
}

// An Io error that names the call and what errno said of it.
Error failErrno(std::string what, int error_number);

// What a system call gave, as the kernel says it: -errno where libc says -1. Call it at once.
inline int negativeErrno(long outcome) {
    return outcome < 0 ? -errno : static_cast<int>(outcome);
}

// Either a value or the reason why there is none.
//
// Every function that the world can make fail returns one; value() and error() may only be called
// on the side that is there, anything else is a broken invariant. Plain value, safe to move between
// threads.
template <typename T>
class [[nodiscard]] Result {
  public:
    // Implicit on purpose: `return value;` and `return fail(...)` both read well.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & {
        EVD_CHECK(ok(), "value() of a failed result");
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        EVD_CHECK(ok(), "value() of a failed result");
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        EVD_CHECK(ok(), "value() of a failed result");
        return std::move(*std::get_if<0>(&state_));
    }
    const Error& error() const {
        EVD_CHECK(!ok(), "error() of a good result");
        return *std::get_if<1>(&state_);
    }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), ok_(false) {}

    bool ok() const { return ok_; }
    explicit operator bool() const { return ok_; }
    const Error& error() const {
        EVD_CHECK(!ok_, "error() of a good result");
        return error_;
    }

  private:
    Error error_;
    bool ok_ = true;
};

}  // namespace evd::base

// Leaves the function with the error of a failed Result<void>-like expression.
#define EVD_TRY(expression)                 \
    do {                                    \
        auto evd_try_result = (expression); \
        if (!evd_try_result.ok()) {         \
            return evd_try_result.error();  \
        }                                   \
    } while (false)
