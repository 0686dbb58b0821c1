#pragma once

#include "common/base/result.h"

#include <cstddef>
#include <functional>
#include <string_view>

namespace evd::evctl {

inline constexpr size_t kInputPieceBytes = size_t{64} * 1024;

// Reads a descriptor to its end and hands over piece by piece, none empty and none larger than
// kInputPieceBytes, as soon as there is something; ends early with the error that `take` answers.
// `name` is what cannot be read, for the error.
base::Result<void> readToEnd(int fd, std::string_view name,
                             const std::function<base::Result<void>(std::string_view)>& take);

}  // namespace evd::evctl
