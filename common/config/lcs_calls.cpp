#include "common/config/lcs_calls.h"

#include "common/base/result.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace evd::config {

namespace {

constexpr long kOpenKey = 1100;  // peios-abi §0.1
constexpr long kCreateKey = 1101;
constexpr unsigned long kSetValueCommand = _IOW('R', 1, LcsSetValue);
constexpr unsigned long kQueryValuesCommand = _IOWR('R', 4, LcsQueryValues);
constexpr unsigned long kEnumSubkeyCommand = _IOWR('R', 6, LcsEnumSubkey);
constexpr unsigned long kNotifyCommand = _IOW('R', 12, LcsNotify);

class KernelLcs final : public LcsCalls {
  public:
    int openKey(int parent, const char* path, uint32_t access) const override {
        return base::negativeErrno(::syscall(kOpenKey, parent, path, access, 0U));
    }
    int createKey(const LcsCreateKey& arguments) const override {
        // One pointer, as the kernel has it (peios-abi D-16).
        return base::negativeErrno(::syscall(kCreateKey, &arguments));
    }
    int setValue(int key, const LcsSetValue& arguments) const override {
        return base::negativeErrno(::ioctl(key, kSetValueCommand, &arguments));
    }
    int queryValues(int key, LcsQueryValues& arguments) const override {
        return base::negativeErrno(::ioctl(key, kQueryValuesCommand, &arguments));
    }
    int enumSubkey(int key, LcsEnumSubkey& arguments) const override {
        return base::negativeErrno(::ioctl(key, kEnumSubkeyCommand, &arguments));
    }
    int notify(int key, const LcsNotify& arguments) const override {
        return base::negativeErrno(::ioctl(key, kNotifyCommand, &arguments));
    }
    int events(int key, std::span<uint8_t> buffer) const override {
        return base::negativeErrno(::read(key, buffer.data(), buffer.size()));
    }
};

}  // namespace

const LcsCalls& kernelLcs() {
    static const KernelLcs kCalls;
    return kCalls;
}

bool hasLcs(const LcsCalls& calls) {
    // Asking for no right at all is refused by every LCS. EPERM is what filters of container
    // engines say to calls that they have not heard of.
    const int outcome = calls.openKey(-1, "Machine", 0);
    return outcome != -ENOSYS && outcome != -EPERM;
}

}  // namespace evd::config
