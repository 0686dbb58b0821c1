#include "collector/kmesd/sequence_counters.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace evd::collector {

base::Result<base::Fd> SequenceCounters::makeMemory() {
    base::Fd fd(::memfd_create("kmes-counters", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd.valid() || ::ftruncate(fd.get(), kCountersBytes) != 0 ||
        ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return base::failErrno("cannot make the memory of the sequence counters", errno);
    }
    return fd;
}

base::Result<std::unique_ptr<SequenceCounters>> SequenceCounters::map(int fd) {
    struct stat found {};
    if (::fstat(fd, &found) != 0) {
        return base::failErrno("cannot look at the sequence counters", errno);
    }
    if (found.st_size < static_cast<off_t>(kCountersBytes)) {
        return base::fail(
            base::ErrorKind::Corrupt,
            base::cat("the sequence counters have ", found.st_size, " bytes of ", kCountersBytes));
    }
    void* cells = ::mmap(nullptr, kCountersBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (cells == MAP_FAILED) {
        return base::failErrno("cannot map the sequence counters", errno);
    }
    return std::unique_ptr<SequenceCounters>(new SequenceCounters(static_cast<Cell*>(cells)));
}

SequenceCounters::~SequenceCounters() {
    (void)::munmap(cells_, kCountersBytes);  // Cannot fail for a range that we mapped.
}

SequenceCounters::Cell& SequenceCounters::cell(uint16_t cpu) {
    EVD_CHECK(cpu < kRingsMax, "there is one counter per possible ring");
    return cells_[cpu];
}

void SequenceCounters::raiseAbove(uint16_t cpu, uint64_t used) {
    Cell& next = cell(cpu);
    if (next.load() <= used) {
        next.store(used + 1);
    }
}

}  // namespace evd::collector
