#pragma once

#include <capnp/serialize-async.h>
#include <kj/async-io.h>

namespace evd::ipc {

// The messages of a connection, read so that a peer that sends them in tiny pieces takes no stack
// for it.
//
// kj 0.9 takes a step down for each piece that is already there when the one before it has been
// read: 40,000 of them, sent just as fast as they are read, end a program whose stack has 8 MiB.
// The streams returned own theirs and live on its event loop.
kj::Own<capnp::MessageStream> messagesOf(kj::Own<kj::AsyncIoStream> stream);
// The same, when descriptors may come and go with messages.
kj::Own<capnp::MessageStream> messagesOf(kj::Own<kj::AsyncCapabilityStream> stream);

}  // namespace evd::ipc
