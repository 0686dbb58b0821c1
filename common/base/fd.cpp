#include "common/base/fd.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace evd::base {

void Fd::reset(int fd) {
    if (fd_ >= 0) {
        (void)::close(fd_);  // Nothing useful can be done about a failing close.
    }
    fd_ = fd;
}

Result<Fd> Fd::duplicate() const {
    const int copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) {
        return failErrno("cannot duplicate a descriptor", errno);
    }
    return Fd(copy);
}

}  // namespace evd::base
