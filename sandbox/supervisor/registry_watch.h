#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/config/registry.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace evd::supervisor {

// Notices when a registry file may have changed (contracts §3).
//
// A folder is watched itself, a file through its folder, because editors replace files by renaming.
// Names are compared, contents are not looked at: the reader is the one to say whether anything is
// new. A path that does not exist is watched through its nearest folder, so its birth is noticed.
// The descriptor is for the event loop; drain() is called when it is readable. Main thread only.
class RegistryWatch {
  public:
    static base::Result<RegistryWatch> open(std::vector<std::string> paths);

    int fd() const { return inotify_.get(); }
    // Reads what has come; true when one of our names is in it.
    bool drain();

  private:
    RegistryWatch(base::Fd inotify, std::vector<std::string> paths);
    void arm();
    bool matches(int watch, const std::string& name) const;

    base::Fd inotify_;
    std::vector<std::string> paths_;
    // By watch: the file names that matter in it; an empty name means any that ends in .reg.
    std::map<int, std::vector<std::string>> names_;
};

// The watch of a registry that is files; none where it tells of changes by itself, and none, with a
// word, where files cannot be watched. It must be there before the registry is read.
std::optional<RegistryWatch> watchFilesOf(const config::Registry& registry);

}  // namespace evd::supervisor
