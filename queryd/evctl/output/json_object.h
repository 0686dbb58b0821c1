#pragma once

#include "common/base/text.h"

#include <string>
#include <string_view>

namespace evd::evctl {

// One JSON object in the making, for lines that programs read: its members in the order in which
// they are added, which is that of their names. A value.
class JsonObject {
  public:
    void text(std::string_view name, std::string_view value);
    // What is JSON already.
    void json(std::string_view name, std::string_view value);
    // A number or a truth.
    template <typename Scalar>
    void scalar(std::string_view name, Scalar value) {
        json(name, base::cat(value));
    }

    std::string str() const { return out_ + '}'; }

  private:
    std::string out_ = "{";
};

// A text as JSON, with its quotes.
std::string jsonText(std::string_view text);

}  // namespace evd::evctl
