#include "collector/ring/kernel_kmes.h"

#include "common/base/text.h"
#include "common/kmes/emit_client.h"
#include "common/kmes/kmes_protocol.h"

#include <unistd.h>
#include <cerrno>

namespace evd::collector {

using base::cat;
using base::Result;

namespace {

struct KernelRing {
    base::Fd fd;
    uint64_t capacity = 0;
};

Result<KernelRing> attachKernelRing(uint16_t cpu) {
    KernelRing ring;
    const long fd = ::syscall(kmes::kSyscallKmesAttach, static_cast<unsigned>(cpu), &ring.capacity);
    if (fd < 0) {
        if (errno == EINVAL) {
            return base::fail(base::ErrorKind::NotFound, cat("KMES has no ring for cpu ", cpu));
        }
        return kmes::kmesError(cat("cannot attach to the ring of cpu ", cpu), errno);
    }
    ring.fd.reset(static_cast<int>(fd));
    return ring;
}

}  // namespace

bool KernelKmes::answers() {
    uint64_t capacity = 0;
    const base::Fd fd(static_cast<int>(::syscall(kmes::kSyscallKmesAttach, 0U, &capacity)));
    return fd.valid() || errno != ENOSYS;
}

Result<FoundRing> KernelKmes::attach(uint16_t cpu) {
    auto ring = attachKernelRing(cpu);
    if (!ring.ok()) {
        return ring.error();
    }
    auto mapping =
        kmes::RingMapping::mapKernelRing(ring.value().fd.get(), cpu, ring.value().capacity);
    if (!mapping.ok()) {
        return mapping.error();
    }
    return FoundRing{std::move(mapping).value(), {0, ring.value().capacity}, 0};
}

Result<RingIdentity> KernelKmes::identify(uint16_t cpu) {
    const auto ring = attachKernelRing(cpu);
    if (!ring.ok()) {
        return ring.error();
    }
    return RingIdentity{0, ring.value().capacity};
}

}  // namespace evd::collector
