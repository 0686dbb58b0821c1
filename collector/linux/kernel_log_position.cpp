#include "collector/linux/kernel_log_position.h"

#include <unistd.h>
#include <algorithm>
#include <array>

namespace evd::collector {

namespace {

constexpr std::array<uint8_t, 8> kMark = {'E', 'V', 'D', 'K', 'L', 'G', '1', 0};
constexpr size_t kBootAt = kMark.size();
constexpr size_t kNextAt = kBootAt + sizeof(base::Guid::bytes);
constexpr size_t kFileBytes = kNextAt + sizeof(uint64_t);

using FileBytes = std::array<uint8_t, kFileBytes>;

FileBytes headOf(const base::Guid& boot_id) {
    FileBytes bytes{};
    std::copy(kMark.begin(), kMark.end(), bytes.begin());
    std::copy(boot_id.bytes.begin(), boot_id.bytes.end(), bytes.begin() + kBootAt);
    return bytes;
}

}  // namespace

KernelLogPosition::KernelLogPosition(base::Fd file, const base::Guid& boot_id)
    : file_(std::move(file)), boot_id_(boot_id) {
    FileBytes bytes{};
    const FileBytes expected = headOf(boot_id_);
    if (!file_.valid() || ::lseek(file_.get(), 0, SEEK_SET) != 0 ||
        ::read(file_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        !std::equal(bytes.begin(), bytes.begin() + kNextAt, expected.begin())) {
        return;
    }
    for (size_t i = kFileBytes; i > kNextAt; --i) {
        next_ = next_ << 8 | bytes[i - 1];
    }
    known_ = true;
}

void KernelLogPosition::store(uint64_t next) {
    next_ = next;
    known_ = true;
    FileBytes bytes = headOf(boot_id_);
    for (size_t i = kNextAt; i < kFileBytes; ++i) {
        bytes[i] = static_cast<uint8_t>(next);
        next >>= 8;
    }
    if (file_.valid() && ::lseek(file_.get(), 0, SEEK_SET) == 0) {
        // A full disk costs a repetition after the next restart, nothing else.
        (void)!::write(file_.get(), bytes.data(), bytes.size());
    }
}

}  // namespace evd::collector
