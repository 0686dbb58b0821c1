#include "common/config/open_registry.h"

#include "common/config/file_registry.h"
#include "common/config/lcs_registry.h"

namespace evd::config {

std::unique_ptr<Registry> openForReading(const std::vector<std::string>& paths) {
    if (paths.empty() && hasLcs(kernelLcs())) {
        return std::make_unique<LcsRegistry>(kernelLcs());
    }
    return std::make_unique<FileRegistry>(paths);
}

}  // namespace evd::config
