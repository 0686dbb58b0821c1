#include "queryd/plan/condition.h"

#include <utility>

namespace evd::queryd {

Constant Constant::ofBoolean(bool value) {
    Constant constant;
    constant.kind = Kind::Boolean;
    constant.boolean = value;
    return constant;
}

Constant Constant::ofInt(int64_t value) {
    Constant constant;
    constant.int_value = value;
    return constant;
}

Constant Constant::ofText(std::string value) {
    Constant constant;
    constant.kind = Kind::Text;
    constant.text = std::move(value);
    return constant;
}

}  // namespace evd::queryd
