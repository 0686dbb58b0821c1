#include "sandbox/supervisor/proc_file.h"

#include "common/base/fd.h"

#include <fcntl.h>
#include <unistd.h>

namespace evd::supervisor {

namespace {

constexpr size_t kFileBytesMax = 4096;

}  // namespace

std::string readProcFile(const std::string& path) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(kFileBytesMax, '\0');
    const ssize_t bytes = file.valid() ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(bytes > 0 ? static_cast<size_t>(bytes) : 0);
    return text;
}

}  // namespace evd::supervisor
