#include "queryd/client/eventd/errors_service.h"

#include <array>

namespace eventd {

namespace {

constexpr std::string_view kRemotePrefix = "remote exception: ";

struct NamedKind {
    std::string_view tag;
    ErrorKind kind;
};

constexpr std::array<NamedKind, 5> kNamedKinds = {{{"[invalid] ", ErrorKind::Invalid},
                                                   {"[denied] ", ErrorKind::Denied},
                                                   {"[not found] ", ErrorKind::NotFound},
                                                   {"[i/o] ", ErrorKind::Failed},
                                                   {"[corrupt] ", ErrorKind::Failed}}};

// What carries no name is a sentence about the text of a question (query.capnp).
Error namedError(std::string_view text) {
    for (const NamedKind& named : kNamedKinds) {
        if (text.substr(0, named.tag.size()) == named.tag) {
            return Error(named.kind, std::string(text.substr(named.tag.size())));
        }
    }
    return Error(ErrorKind::Invalid, std::string(text));
}

}  // namespace

Error toError(const kj::Exception& exception) {
    const auto description = exception.getDescription();
    std::string_view text(description.begin(), description.size());
    const bool is_remote = text.substr(0, kRemotePrefix.size()) == kRemotePrefix;
    while (text.substr(0, kRemotePrefix.size()) == kRemotePrefix) {
        text.remove_prefix(kRemotePrefix.size());
    }
    switch (exception.getType()) {
        case kj::Exception::Type::OVERLOADED:
            return Error(ErrorKind::Busy, std::string(text));
        case kj::Exception::Type::DISCONNECTED:
            return Error(ErrorKind::Gone, "eventd closed the connection");
        case kj::Exception::Type::UNIMPLEMENTED:
            return Error(ErrorKind::Unsupported, "eventd does not know this call");
        case kj::Exception::Type::FAILED:
            break;
    }
    return is_remote ? namedError(text) : Error(ErrorKind::Failed, std::string(text));
}

}  // namespace eventd
