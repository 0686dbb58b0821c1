#pragma once

#include "common/base/check.h"
#include "common/base/fd.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// A tmpfs in a folder, which a test fills and frees; not mounted when we may not.
class SmallDisk {
  public:
    SmallDisk(std::string path, uint64_t mebibytes) : path_(std::move(path)) {
        ::mkdir(path_.c_str(), 0700);
        is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0,
                              base::cat("size=", mebibytes, "m,mode=0700").c_str()) == 0;
    }
    ~SmallDisk() {
        if (is_mounted_) {
            ::umount2(path_.c_str(), MNT_DETACH);
        }
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool isMounted() const { return is_mounted_; }

    // Writes a file until not a byte is left.
    void fill() const {
        const base::Fd file(
            ::open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0600));
        EVD_CHECK(file.valid(), "a file on a small disk could not be made");
        for (size_t piece = 1024 * 1024; piece > 0; piece /= 2) {
            const std::vector<uint8_t> bytes(piece);
            while (::write(file.get(), bytes.data(), bytes.size()) > 0) {
            }
        }
    }
    // False when there was no such file.
    bool free() const { return ::unlink(ballast().c_str()) == 0; }

  private:
    std::string ballast() const { return path_ + "/ballast"; }

    std::string path_;
    bool is_mounted_ = false;
};

}  // namespace evd::test
