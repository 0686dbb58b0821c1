#include "common/ipc/exhaustion_watch.h"

#include "common/base/exhaustion.h"

#include <string_view>

namespace evd::ipc {

namespace {

// The one system failure that the messages' own source reports is that of their calloc. What a
// peer calls overloaded comes from elsewhere.
bool isMessageMemory(const kj::Exception& exception) {
    return exception.getType() == kj::Exception::Type::OVERLOADED &&
           std::string_view(exception.getFile()).ends_with("capnp/message.c++");
}

}  // namespace

void ExhaustionWatch::onFatalException(kj::Exception&& exception) {
    if (isMessageMemory(exception)) {
        base::endOutOfMemory();
    }
    next.onFatalException(kj::mv(exception));
}

}  // namespace evd::ipc
