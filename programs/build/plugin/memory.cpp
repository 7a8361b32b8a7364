#include "passes.h"

#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace sbf {
namespace {

/// Up to this many bytes a few loads and stores are cheaper than a system call.
constexpr uint64_t InlineBytes = 64;

bool isLong(MemIntrinsic *Call) {
  auto *Length = dyn_cast<ConstantInt>(Call->getLength());
  return !Length || Length->getZExtValue() > InlineBytes;
}

const char *systemCall(MemIntrinsic *Call) {
  switch (Call->getIntrinsicID()) {
  case Intrinsic::memset:
    return "sol_memset_";
  case Intrinsic::memcpy:
    return "sol_memcpy_";
  default:
    return "sol_memmove_";
  }
}

} // namespace

void lowerMemory(Module &M) {
  SmallVector<MemIntrinsic *> Calls;
  for (Function &F : M)
    for (Instruction &I : instructions(F))
      if (isa<MemSetInst, MemCpyInst, MemMoveInst>(I) && isLong(cast<MemIntrinsic>(&I)))
        Calls.push_back(cast<MemIntrinsic>(&I));
  for (MemIntrinsic *Call : Calls) {
    IRBuilder<> B(Call);
    Value *Source = Call->getArgOperand(1); // a pointer, or memset's byte
    Value *Length = B.CreateZExtOrTrunc(Call->getLength(), B.getInt64Ty());
    auto *Signature = FunctionType::get(B.getVoidTy(), {B.getPtrTy(), Source->getType(), B.getInt64Ty()}, false);
    B.CreateCall(M.getOrInsertFunction(systemCall(Call), Signature), {Call->getRawDest(), Source, Length});
    Call->eraseFromParent();
  }
}

} // namespace sbf
