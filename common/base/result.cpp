#include "common/base/result.h"

#include <system_error>
#include <utility>

namespace evd::base {

const char* errorKindName(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Invalid:
            return "invalid";
        case ErrorKind::Denied:
            return "denied";
        case ErrorKind::NotFound:
            return "not found";
        case ErrorKind::Busy:
            return "busy";
        case ErrorKind::Gone:
            return "gone";
        case ErrorKind::Io:
            return "i/o";
        case ErrorKind::Corrupt:
            return "corrupt";
        case ErrorKind::Unsupported:
            return "unsupported";
    }
    return "unknown";
}

Error failErrno(std::string what, int error_number) {
    std::string text = std::move(what);
    text += ": ";
    text += std::generic_category().message(error_number);
    return fail(ErrorKind::Io, std::move(text));
}

}  // namespace evd::base
