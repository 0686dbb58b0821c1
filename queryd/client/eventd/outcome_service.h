#pragma once

#include "queryd/client/eventd/client.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace eventd {

// What one thread finds out, once, and another one waits for: a value or an Error.
//
// A std::promise would have both threads hold one exception object, of which each frees its part
// inside the C++ library, out of ThreadSanitizer's sight; here each has an Error of its own. May be
// destroyed as soon as wait() is back.
template <typename Value>
class Outcome {
  public:
    using Held = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;

    void succeed(Held value = {}) {
        const std::lock_guard lock(mutex_);
        value_ = std::move(value);
        settled_.notify_all();
    }
    void fail(const Error& error) {
        const std::lock_guard lock(mutex_);
        failure_ = Failure{error.kind(), error.what()};
        settled_.notify_all();
    }

    // The value; throws the Error.
    Value wait() {
        std::unique_lock lock(mutex_);
        settled_.wait(lock, [this] { return value_ || failure_; });
        if (failure_) {
            throw Error(failure_->kind, failure_->text);
        }
        if constexpr (!std::is_void_v<Value>) {
            return std::move(*value_);
        }
    }

  private:
    struct Failure {
        ErrorKind kind;
        std::string text;
    };

    std::mutex mutex_;  // the next three
    std::condition_variable settled_;
    std::optional<Held> value_;
    std::optional<Failure> failure_;
};

}  // namespace eventd
