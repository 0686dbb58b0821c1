#include "common/ipc/errors.h"

#include "common/base/text.h"

#include <kj/debug.h>
#include <array>
#include <string_view>

namespace evd::ipc {

namespace {

using base::ErrorKind;

// Kinds that travel by name inside a failed exception.
constexpr std::array kNamedKinds = {ErrorKind::Invalid, ErrorKind::Denied, ErrorKind::NotFound,
                                    ErrorKind::Io, ErrorKind::Corrupt};
constexpr std::string_view kRemotePrefix = "remote exception: ";

kj::Exception::Type typeOf(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Busy:
            return kj::Exception::Type::OVERLOADED;
        case ErrorKind::Gone:
            return kj::Exception::Type::DISCONNECTED;
        case ErrorKind::Unsupported:
            return kj::Exception::Type::UNIMPLEMENTED;
        case ErrorKind::Invalid:
        case ErrorKind::Denied:
        case ErrorKind::NotFound:
        case ErrorKind::Io:
        case ErrorKind::Corrupt:
            return kj::Exception::Type::FAILED;
    }
    return kj::Exception::Type::FAILED;
}

base::Error namedError(std::string_view text) {
    for (const ErrorKind kind : kNamedKinds) {
        const std::string tag = base::cat("[", base::errorKindName(kind), "] ");
        if (text.starts_with(tag)) {
            return base::fail(kind, std::string(text.substr(tag.size())));
        }
    }
    return base::fail(ErrorKind::Io, std::string(text));
}

}  // namespace

kj::Exception toException(const base::Error& error) {
    const auto type = typeOf(error.kind);
    const std::string text = type == kj::Exception::Type::FAILED
                                 ? base::cat("[", base::errorKindName(error.kind), "] ", error.text)
                                 : error.text;
    return kj::Exception(type, __FILE__, __LINE__, kj::heapString(text.data(), text.size()));
}

base::Error toError(const kj::Exception& exception) {
    const auto description = exception.getDescription();
    std::string_view text(description.begin(), description.size());
    while (text.starts_with(kRemotePrefix)) {
        text.remove_prefix(kRemotePrefix.size());
    }
    switch (exception.getType()) {
        case kj::Exception::Type::OVERLOADED:
            return base::fail(ErrorKind::Busy, std::string(text));
        case kj::Exception::Type::DISCONNECTED:
            return base::fail(ErrorKind::Gone, std::string(text));
        case kj::Exception::Type::UNIMPLEMENTED:
            return base::fail(ErrorKind::Unsupported, std::string(text));
        case kj::Exception::Type::FAILED:
            return namedError(text);
    }
    return base::fail(ErrorKind::Io, std::string(text));
}

void throwError(const base::Error& error) {
    kj::throwFatalException(toException(error));
}

}  // namespace evd::ipc
