#include "common/ipc/served_connection.h"

namespace evd::ipc {

namespace {

capnp::ReaderOptions readerOptions(const ServedLimits& limits) {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = limits.message_bytes_max / sizeof(capnp::word);
    options.nestingLimit = limits.nesting_max;
    return options;
}

}  // namespace

kj::Own<kj::AsyncIoStream> adoptSocket(base::Fd socket, kj::LowLevelAsyncIoProvider& io) {
    return io.wrapSocketFd(socket.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP |
                                                 kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
}

ServedConnection::ServedConnection(base::Fd socket, capnp::Capability::Client served,
                                   const ServedLimits& limits, kj::LowLevelAsyncIoProvider& io)
    : stream_(adoptSocket(std::move(socket), io)),
      network_(*stream_, capnp::rpc::twoparty::Side::SERVER, readerOptions(limits)),
      rpc_(capnp::makeRpcServer(network_, kj::mv(served))) {
    rpc_.setFlowLimit(limits.unanswered_bytes_max / sizeof(capnp::word));
}

}  // namespace evd::ipc
