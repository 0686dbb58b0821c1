#include "queryd/evctl/input.h"

#include "common/base/text.h"

#include <unistd.h>
#include <cerrno>
#include <vector>

namespace evd::evctl {

base::Result<void> readToEnd(int fd, std::string_view name,
                             const std::function<base::Result<void>(std::string_view)>& take) {
    std::vector<char> piece(kInputPieceBytes);
    while (true) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got == 0) {
            return {};
        }
        if (got > 0) {
            EVD_TRY(take({piece.data(), static_cast<size_t>(got)}));
        } else if (errno != EINTR) {
            return base::failErrno(base::cat("cannot read ", name), errno);
        }
    }
}

}  // namespace evd::evctl
