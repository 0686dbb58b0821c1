#pragma once

#include "common/config/registry.h"
#include "common/config/registry_file.h"

#include <map>
#include <string>
#include <vector>

namespace evd::config {

inline constexpr std::string_view kDefaultRegistryPath = "/etc/eventd/registry.d";
inline constexpr size_t kRegistryFilesMax = 1'000;

// The registry kept in files (contracts §3), where there is no LCS.
//
// Takes files and folders, the latter meaning their *.reg files in name order; later files win. A
// file that can no longer be read or parsed keeps the values it had when it last was good, and is
// reported; so do the files of a folder that can no longer be listed. A file that is gone loses its
// values. A path that does not exist is reported unless it is the default one. At most
// kRegistryFilesMax files are read; others keep what they had, if they were read before. One
// thread.
class FileRegistry final : public Registry {
  public:
    // An empty list means kDefaultRegistryPath.
    explicit FileRegistry(std::vector<std::string> paths);

    RegistrySnapshot read() override;
    std::vector<std::string> watchPaths() const override;

  private:
    std::vector<std::string> listFiles(RegistrySnapshot& snapshot) const;
    std::vector<std::string> filesOf(const std::string& folder, RegistrySnapshot& snapshot) const;
    void addKnownOf(const std::string& folder, std::vector<std::string>& files) const;
    void readFile(const std::string& path, RegistrySnapshot& snapshot);
    void layLastGood(const std::string& path, RegistrySnapshot& snapshot) const;

    std::vector<std::string> paths_;
    bool is_default_ = false;
    std::map<std::string, RegistryFile> last_good_;  // by file path
};

}  // namespace evd::config
