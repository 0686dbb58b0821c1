#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <cstdint>
#include <string>

namespace evd::evctl {

// A file that is seen under its name only when it is whole.
//
// It is written as PATH.partial, or PATH.TAG.partial for who goes on with what must be its own, for
// its owner alone, and takes its name by a rename after
// everything has reached the disk: neither a kill, nor a full disk, nor the loss of power leaves
// half a file at PATH, and what was there before stays until then. An unfinished one may be gone on
// with; two exports into the same unfinished file refuse one another. A path that is there and no
// regular file is refused. One thread.
class ExportFile {
  public:
    explicit ExportFile(std::string path, const std::string& tag = "")
        : path_(std::move(path)), partial_(path_ + (tag.empty() ? "" : "." + tag) + ".partial") {}
    ExportFile(const ExportFile&) = delete;
    ExportFile& operator=(const ExportFile&) = delete;
    ~ExportFile();

    // An empty one, whatever an earlier attempt has left.
    base::Result<void> begin();
    // The unfinished one, cut back to the first `bytes` bytes; NotFound when there is none, Invalid
    // when it is shorter.
    base::Result<void> goOn(uint64_t bytes);

    int fd() const { return file_.get(); }
    const std::string& partialPath() const { return partial_; }
    // What was written is on the disk.
    base::Result<void> sync();
    // Gives it its name.
    base::Result<void> finish();
    // Leaves the unfinished file to a later attempt; otherwise the destructor removes it.
    void keepUnfinished() { is_kept_ = true; }

  private:
    base::Result<void> open(int flags);
    base::Result<void> openOnce(int flags);
    bool isAtItsName() const;

    std::string path_;
    std::string partial_;
    base::Fd file_;
    bool is_kept_ = false;
};

// A rename that is on the disk when it returns.
base::Result<void> renameForGood(const std::string& from, const std::string& to);

}  // namespace evd::evctl
