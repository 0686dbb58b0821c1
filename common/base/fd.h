#pragma once

#include "common/base/result.h"

#include <utility>

namespace evd::base {

// Owns one file descriptor and closes it. Movable, because a descriptor is a value until somebody
// builds a resource on it. -1 means none. Descriptors are CLOEXEC from birth (style: 7).
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        reset(std::exchange(other.fd_, -1));
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1);

    // A second descriptor of the same open file, CLOEXEC.
    Result<Fd> duplicate() const;

  private:
    int fd_ = -1;
};

}  // namespace evd::base
