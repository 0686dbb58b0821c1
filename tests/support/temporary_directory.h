#pragma once

#include "common/base/check.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace evd::test {

// A folder of its own for one test, empty at first and removed with all it holds at the end, unless
// somebody is to look at it.
//
// Lies below $TMPDIR or /tmp; the path is short, because Unix sockets live in it (sun_path has 108
// bytes). A folder that cannot be made is a broken invariant: the test has no ground to stand on.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "evd-XXXXXX").string();
        EVD_CHECK(::mkdtemp(pattern.data()) != nullptr, "no temporary folder could be made");
        path_ = pattern;
    }
    ~TemporaryDirectory() {
        if (!is_kept_) {
            std::error_code
                ignored;  // what is left behind is the system's temporary space to clean
            std::filesystem::remove_all(path_, ignored);
        }
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    void keep() { is_kept_ = true; }
    // The path of something in it.
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  private:
    std::string path_;
    bool is_kept_ = false;
};

}  // namespace evd::test
