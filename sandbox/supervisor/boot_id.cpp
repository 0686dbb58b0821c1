#include "sandbox/supervisor/boot_id.h"

#include "common/base/text.h"

#include <fstream>

namespace evd::supervisor {

base::Result<base::Guid> readBootId(const std::string& setting, const std::string& kernel_path) {
    if (!setting.empty()) {
        return base::parseGuid(setting);
    }
    std::ifstream file(kernel_path);
    std::string line;
    if (!std::getline(file, line)) {
        return base::fail(base::ErrorKind::Io, base::cat("cannot read the boot id: ", kernel_path));
    }
    return base::parseGuid(base::trim(line));
}

}  // namespace evd::supervisor
