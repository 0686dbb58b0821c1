#include "queryd/transport/rpc_message_stream_service.h"

namespace evd::queryd {

kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> BoundedMessageStream::tryReadMessage(
    kj::ArrayPtr<kj::AutoCloseFd> fd_space, capnp::ReaderOptions options,
    kj::ArrayPtr<capnp::word> scratch_space) {
    options.traversalLimitInWords = received_words_max_;
    return stream_.tryReadMessage(fd_space, options, scratch_space);
}

kj::Promise<void> BoundedMessageStream::writeMessage(
    kj::ArrayPtr<const int> fds, kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) {
    return stream_.writeMessage(fds, segments);
}

kj::Promise<void> BoundedMessageStream::writeMessages(
    kj::ArrayPtr<kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>> messages) {
    return stream_.writeMessages(messages);
}

kj::Maybe<int> BoundedMessageStream::getSendBufferSize() {
    return stream_.getSendBufferSize();
}

kj::Promise<void> BoundedMessageStream::end() {
    return stream_.end();
}

}  // namespace evd::queryd
