#include "common/ipc/fd_carrier.h"

#include "common/ipc/errors.h"

#include <kj/memory.h>

namespace evd::ipc {

namespace {

class FdCarrierServer final : public schema::FdCarrier::Server {
  public:
    explicit FdCarrierServer(base::Fd fd) : fd_(std::move(fd)) {}
    kj::Maybe<int> getFd() override { return fd_.get(); }

  private:
    base::Fd fd_;
};

}  // namespace

schema::FdCarrier::Client carryFd(base::Fd fd) {
    return kj::heap<FdCarrierServer>(std::move(fd));
}

kj::Promise<base::Fd> receiveFd(schema::FdCarrier::Client carrier) {
    auto promise = carrier.getFd();
    return promise.then([carrier = kj::mv(carrier)](kj::Maybe<int> received) mutable -> base::Fd {
        KJ_IF_MAYBE (fd, received) {
            // The capability owns the received descriptor and closes it; keep a copy.
            base::Fd borrowed(*fd);
            auto copy = borrowed.duplicate();
            (void)borrowed.release();
            return takeOrThrow(std::move(copy));
        }
        throwError(base::fail(base::ErrorKind::Invalid, "the message brought no descriptor"));
    });
}

}  // namespace evd::ipc
