#pragma once

#include "common/base/result.h"

#include <kj/exception.h>

namespace evd::ipc {

// The border between our Results and the exceptions of Cap'n Proto. Exceptions live on the far side
// only: in common/ipc and in *_service files.
//
// A kind survives the journey: Busy travels as overloaded, Gone as disconnected, Unsupported as
// unimplemented, and the rest as failed with the kind's name in brackets in front of the text.

kj::Exception toException(const base::Error& error);
base::Error toError(const kj::Exception& exception);

[[noreturn]] void throwError(const base::Error& error);

template <typename T>
T takeOrThrow(base::Result<T> result) {
    if (!result.ok()) {
        throwError(result.error());
    }
    return std::move(result).value();
}

inline void okOrThrow(const base::Result<void>& result) {
    if (!result.ok()) {
        throwError(result.error());
    }
}

}  // namespace evd::ipc
