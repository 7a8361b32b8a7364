#include "passes.h"

#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace sbf {
namespace {

bool isSaturatingConversion(Instruction &I) {
  auto *Call = dyn_cast<IntrinsicInst>(&I);
  return Call && (Call->getIntrinsicID() == Intrinsic::fptoui_sat || Call->getIntrinsicID() == Intrinsic::fptosi_sat);
}

bool isFloatOperation(Instruction &I) {
  if (I.getNumOperands() == 0)
    return false;
  bool Gives = I.getType()->isDoubleTy(), Takes = I.getOperand(0)->getType()->isDoubleTy();
  if (isa<BinaryOperator, UIToFPInst, SIToFPInst>(I))
    return Gives;
  return Takes && (isa<FCmpInst, FPToUIInst, FPToSIInst>(I) || isSaturatingConversion(I));
}

Value *callBuiltin(IRBuilder<> &B, const char *Name, Type *Result, ArrayRef<Value *> Arguments) {
  SmallVector<Type *> Types;
  for (Value *Argument : Arguments)
    Types.push_back(Argument->getType());
  Module *M = B.GetInsertBlock()->getModule();
  return B.CreateCall(M->getOrInsertFunction(Name, FunctionType::get(Result, Types, false)), Arguments);
}

const char *arithmetic(unsigned Opcode) {
  switch (Opcode) {
  case Instruction::FAdd:
    return "__adddf3";
  case Instruction::FSub:
    return "__subdf3";
  case Instruction::FMul:
    return "__muldf3";
  case Instruction::FDiv:
    return "__divdf3";
  default:
    return nullptr; // FRem has no builtin here; the back end then refuses it by name
  }
}

/// A builtin's result is compared with zero; an unordered predicate is the negation of the opposite ordered one.
struct Comparison {
  const char *Builtin;
  CmpInst::Predicate Predicate;
  bool Negated;
};

bool comparison(CmpInst::Predicate Predicate, Comparison &Out) {
  switch (Predicate) {
  case CmpInst::FCMP_OEQ:
    Out = {"__eqdf2", CmpInst::ICMP_EQ, false};
    return true;
  case CmpInst::FCMP_UNE:
    Out = {"__nedf2", CmpInst::ICMP_NE, false};
    return true;
  case CmpInst::FCMP_OLT:
    Out = {"__ltdf2", CmpInst::ICMP_SLT, false};
    return true;
  case CmpInst::FCMP_OLE:
    Out = {"__ledf2", CmpInst::ICMP_SLE, false};
    return true;
  case CmpInst::FCMP_OGT:
    Out = {"__gtdf2", CmpInst::ICMP_SGT, false};
    return true;
  case CmpInst::FCMP_OGE:
    Out = {"__gedf2", CmpInst::ICMP_SGE, false};
    return true;
  case CmpInst::FCMP_ULT:
    Out = {"__gedf2", CmpInst::ICMP_SGE, true};
    return true;
  case CmpInst::FCMP_ULE:
    Out = {"__gtdf2", CmpInst::ICMP_SGT, true};
    return true;
  case CmpInst::FCMP_UGT:
    Out = {"__ledf2", CmpInst::ICMP_SLE, true};
    return true;
  case CmpInst::FCMP_UGE:
    Out = {"__ltdf2", CmpInst::ICMP_SLT, true};
    return true;
  case CmpInst::FCMP_UNO:
    Out = {"__unorddf2", CmpInst::ICMP_NE, false};
    return true;
  case CmpInst::FCMP_ORD:
    Out = {"__unorddf2", CmpInst::ICMP_EQ, false};
    return true;
  default:
    return false; // ONE and UEQ: no single builtin; the back end then refuses them by name
  }
}

Value *compare(IRBuilder<> &B, FCmpInst *I) {
  Comparison C;
  if (!comparison(I->getPredicate(), C))
    return nullptr;
  Value *Order = callBuiltin(B, C.Builtin, B.getInt64Ty(), {I->getOperand(0), I->getOperand(1)});
  Value *Result = B.CreateICmp(C.Predicate, Order, B.getInt64(0));
  return C.Negated ? B.CreateNot(Result) : Result;
}

bool toUnsigned(Instruction *I) {
  auto *Call = dyn_cast<IntrinsicInst>(I);
  return isa<FPToUIInst>(I) || (Call && Call->getIntrinsicID() == Intrinsic::fptoui_sat);
}

/// What `I` computes, by a builtin; null leaves it as it is.
Value *lowered(Instruction *I) {
  IRBuilder<> B(I);
  Value *Operand = I->getOperand(0);
  if (auto *Binary = dyn_cast<BinaryOperator>(I)) {
    const char *Name = arithmetic(Binary->getOpcode());
    return Name ? callBuiltin(B, Name, B.getDoubleTy(), {Operand, I->getOperand(1)}) : nullptr;
  }
  if (auto *Compare = dyn_cast<FCmpInst>(I))
    return compare(B, Compare);
  if (isa<UIToFPInst>(I))
    return callBuiltin(B, "__floatundidf", B.getDoubleTy(), {B.CreateZExtOrTrunc(Operand, B.getInt64Ty())});
  if (isa<SIToFPInst>(I))
    return callBuiltin(B, "__floatdidf", B.getDoubleTy(), {B.CreateSExtOrTrunc(Operand, B.getInt64Ty())});
  // compiler_builtins' conversions saturate at 64 bits.
  const char *Name = toUnsigned(I) ? "__fixunsdfdi" : "__fixdfdi";
  return B.CreateTrunc(callBuiltin(B, Name, B.getInt64Ty(), {Operand}), I->getType());
}

} // namespace

void lowerFloats(Module &M) {
  SmallVector<Instruction *> Operations;
  for (Function &F : M)
    for (Instruction &I : instructions(F))
      if (isFloatOperation(I))
        Operations.push_back(&I);
  for (Instruction *I : Operations)
    if (Value *Result = lowered(I))
      replace(I, Result);
}

} // namespace sbf
