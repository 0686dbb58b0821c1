#include "collector/ring/bell.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>

namespace evd::collector {

base::Result<std::unique_ptr<Bell>> Bell::make() {
    base::Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd.valid()) {
        return base::failErrno("cannot make an eventfd", errno);
    }
    return std::make_unique<Bell>(std::move(fd));
}

void Bell::ring() {
    if (!rung_.exchange(true)) {
        const uint64_t one = 1;
        // Cannot fail: the counter is far from its end, because each ring is acknowledged.
        (void)!::write(fd_.get(), &one, sizeof(one));
    }
}

void Bell::acknowledge() {
    uint64_t rings = 0;
    (void)!::read(fd_.get(), &rings, sizeof(rings));  // Empty when nobody rang; that is fine.
    rung_ = false;
}

}  // namespace evd::collector
