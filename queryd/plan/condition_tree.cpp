#include "queryd/plan/condition_tree.h"

#include <utility>

namespace evd::queryd {

base::Result<Condition> bindTree(
    const Predicate& predicate,
    const std::function<base::Result<Condition>(const Predicate&)>& bind_leaf) {
    Condition condition;
    switch (predicate.kind) {
        case Predicate::Kind::And:
            condition.kind = Condition::Kind::And;
            break;
        case Predicate::Kind::Or:
            condition.kind = Condition::Kind::Or;
            break;
        case Predicate::Kind::Not:
            condition.kind = Condition::Kind::Not;
            break;
        case Predicate::Kind::Compare:
        case Predicate::Kind::MetricCondition:
        case Predicate::Kind::EventExists:
        case Predicate::Kind::LogExists:
            return bind_leaf(predicate);
    }
    for (const Predicate& child : predicate.children) {
        auto bound = bindTree(child, bind_leaf);
        if (!bound) {
            return bound.error();
        }
        condition.children.push_back(std::move(bound).value());
    }
    return condition;
}

}  // namespace evd::queryd
