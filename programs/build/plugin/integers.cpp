#include "passes.h"

#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace sbf {
namespace {

constexpr unsigned Word = 64;

bool isDivision(unsigned Opcode) {
  return Opcode == Instruction::UDiv || Opcode == Instruction::URem || Opcode == Instruction::SDiv ||
         Opcode == Instruction::SRem;
}

bool isSignedDivision(unsigned Opcode) { return Opcode == Instruction::SDiv || Opcode == Instruction::SRem; }

bool isCheckedMul(Instruction &I) {
  auto *Call = dyn_cast<IntrinsicInst>(&I);
  return Call && (Call->getIntrinsicID() == Intrinsic::umul_with_overflow ||
                  Call->getIntrinsicID() == Intrinsic::smul_with_overflow);
}

/// Checked addition and subtraction of a register: the back end would make the flag a number first and then compare it.
bool isCheckedSum(Instruction &I) {
  auto *Call = dyn_cast<WithOverflowInst>(&I);
  return Call && !isCheckedMul(I) && Call->getLHS()->getType()->isIntegerTy() &&
         Call->getLHS()->getType()->getIntegerBitWidth() <= Word;
}

bool needsLowering(Instruction &I) {
  if (isCheckedSum(I))
    return true;
  if (isCheckedMul(I)) {
    unsigned Bits = I.getOperand(0)->getType()->getIntegerBitWidth();
    return Bits == Word || Bits == 2 * Word;
  }
  auto *Operation = dyn_cast<BinaryOperator>(&I);
  if (!Operation || !Operation->getType()->isIntegerTy())
    return false;
  unsigned Bits = Operation->getType()->getIntegerBitWidth(), Opcode = Operation->getOpcode();
  if (Bits <= Word)
    return isSignedDivision(Opcode);
  if (Opcode == Instruction::Mul)
    return true;
  return Bits == 2 * Word && (isDivision(Opcode) || (Operation->isShift() && !isa<ConstantInt>(Operation->getOperand(1))));
}

Value *low(IRBuilder<> &B, Value *V) { return B.CreateTrunc(V, B.getInt64Ty()); }

Value *high(IRBuilder<> &B, Value *V) { return B.CreateTrunc(B.CreateLShr(V, Word), B.getInt64Ty()); }

Value *join(IRBuilder<> &B, Value *Low, Value *High, Type *T) {
  return B.CreateOr(B.CreateZExt(Low, T), B.CreateShl(B.CreateZExt(High, T), Word));
}

Value *isNotZero(IRBuilder<> &B, Value *V) { return B.CreateICmpNE(V, ConstantInt::get(V->getType(), 0)); }

/// All ones when `V` is negative, else zero.
Value *signMask(IRBuilder<> &B, Value *V) { return B.CreateAShr(V, V->getType()->getIntegerBitWidth() - 1); }

/// -V where `Mask` is all ones, V where it is zero.
Value *negateIf(IRBuilder<> &B, Value *Mask, Value *V) { return B.CreateSub(B.CreateXor(V, Mask), Mask); }

Value *resultAndFlag(IRBuilder<> &B, Type *T, Value *Result, Value *Overflow) {
  return B.CreateInsertValue(B.CreateInsertValue(PoisonValue::get(T), Result, 0), Overflow, 1);
}

/// The two words of a 64 × 64 bit product, from four 32-bit ones; no partial sum passes 64 bits.
std::pair<Value *, Value *> multiplyWords(IRBuilder<> &B, Value *X, Value *Y) {
  Value *Mask = B.getInt64(0xffffffffu);
  Value *X0 = B.CreateAnd(X, Mask), *X1 = B.CreateLShr(X, 32), *Y0 = B.CreateAnd(Y, Mask), *Y1 = B.CreateLShr(Y, 32);
  Value *P00 = B.CreateMul(X0, Y0), *P01 = B.CreateMul(X0, Y1), *P10 = B.CreateMul(X1, Y0), *P11 = B.CreateMul(X1, Y1);
  Value *Middle = B.CreateAdd(P10, B.CreateLShr(P00, 32));
  Value *Carry = B.CreateAdd(P01, B.CreateAnd(Middle, Mask));
  Value *High = B.CreateAdd(B.CreateAdd(P11, B.CreateLShr(Middle, 32)), B.CreateLShr(Carry, 32));
  return {B.CreateMul(X, Y), High};
}

/// Word `Index` of `V`, or null when it is known to be zero.
Value *word(IRBuilder<> &B, Value *V, unsigned Index) {
  if (auto *Extended = dyn_cast<ZExtInst>(V))
    if (Word * Index >= Extended->getSrcTy()->getIntegerBitWidth())
      return nullptr;
  if (auto *Constant = dyn_cast<ConstantInt>(V)) {
    APInt Bits = Constant->getValue().lshr(Word * Index).zextOrTrunc(Word);
    return Bits.isZero() ? nullptr : ConstantInt::get(B.getInt64Ty(), Bits);
  }
  return B.CreateZExtOrTrunc(Index ? B.CreateLShr(V, Word * Index) : V, B.getInt64Ty());
}

/// A product of any width past 64 bits, modulo its width: schoolbook on words.
Value *multiplyWide(IRBuilder<> &B, Value *X, Value *Y) {
  Type *T = X->getType();
  unsigned Words = divideCeil(T->getIntegerBitWidth(), Word);
  Value *Sum = ConstantInt::get(T, 0);
  for (unsigned I = 0; I < Words; ++I)
    for (unsigned J = 0; I + J < Words; ++J) {
      Value *XI = word(B, X, I), *YJ = word(B, Y, J), *Product;
      if (!XI || !YJ)
        continue;
      if (I + J == Words - 1) { // the upper word falls off
        Product = B.CreateZExtOrTrunc(B.CreateMul(XI, YJ), T);
      } else {
        auto [Low, High] = multiplyWords(B, XI, YJ);
        Product = join(B, Low, High, T);
      }
      Sum = B.CreateAdd(Sum, I + J ? B.CreateShl(Product, Word * (I + J)) : Product);
    }
  return Sum;
}

Value *checkedMul64(IRBuilder<> &B, Type *T, Value *X, Value *Y, bool Signed) {
  auto [Low, High] = multiplyWords(B, X, Y);
  if (!Signed)
    return resultAndFlag(B, T, Low, isNotZero(B, High));
  // From the unsigned upper word to the signed one: minus Y where X is negative, and the other way round.
  High = B.CreateSub(High, B.CreateAnd(signMask(B, X), Y));
  High = B.CreateSub(High, B.CreateAnd(signMask(B, Y), X));
  return resultAndFlag(B, T, Low, B.CreateICmpNE(High, signMask(B, Low)));
}

/// The product of two unsigned 128-bit numbers modulo 2^128, and whether it was larger.
std::pair<Value *, Value *> checkedUnsigned128(IRBuilder<> &B, Value *X, Value *Y) {
  Value *XL = low(B, X), *XH = high(B, X), *YL = low(B, Y), *YH = high(B, Y);
  auto [Low, Middle] = multiplyWords(B, XL, YL);
  auto [Cross1, Over1] = multiplyWords(B, XH, YL);
  auto [Cross2, Over2] = multiplyWords(B, XL, YH);
  Value *BothHigh = B.CreateAnd(isNotZero(B, XH), isNotZero(B, YH));
  Value *Cross = B.CreateAdd(Cross1, Cross2); // one of them is zero unless BothHigh
  Value *High = B.CreateAdd(Middle, Cross);
  Value *Carry = B.CreateICmpULT(High, Cross);
  Value *Overflow = B.CreateOr(B.CreateOr(BothHigh, Carry), isNotZero(B, B.CreateOr(Over1, Over2)));
  return {join(B, Low, High, X->getType()), Overflow};
}

Value *checkedMul128(IRBuilder<> &B, Type *T, Value *X, Value *Y, bool Signed) {
  if (!Signed) {
    auto [Product, Overflow] = checkedUnsigned128(B, X, Y);
    return resultAndFlag(B, T, Product, Overflow);
  }
  Value *SignX = signMask(B, X), *SignY = signMask(B, Y), *Sign = B.CreateXor(SignX, SignY);
  auto [Size, Overflow] = checkedUnsigned128(B, negateIf(B, SignX, X), negateIf(B, SignY, Y));
  Value *Product = negateIf(B, Sign, Size);
  // The sign came out wrong although the product is not zero: its size does not fit 127 bits.
  Value *WrongSign = B.CreateICmpNE(signMask(B, Product), Sign);
  return resultAndFlag(B, T, Product, B.CreateOr(Overflow, B.CreateAnd(WrongSign, isNotZero(B, Size))));
}

Value *checkedMul(IRBuilder<> &B, IntrinsicInst *I) {
  Value *X = I->getArgOperand(0), *Y = I->getArgOperand(1);
  bool Signed = I->getIntrinsicID() == Intrinsic::smul_with_overflow;
  return X->getType()->getIntegerBitWidth() == Word ? checkedMul64(B, I->getType(), X, Y, Signed)
                                                    : checkedMul128(B, I->getType(), X, Y, Signed);
}

/// The sum or difference, and whether it is another number than in unlimited width.
Value *checkedSum(IRBuilder<> &B, WithOverflowInst *I) {
  Value *X = I->getLHS(), *Y = I->getRHS(), *Overflow;
  bool Adds = I->getBinaryOp() == Instruction::Add;
  Value *Result = Adds ? B.CreateAdd(X, Y) : B.CreateSub(X, Y);
  auto *Constant = dyn_cast<ConstantInt>(Y);
  if (!I->isSigned())
    Overflow = Adds ? B.CreateICmpUGT(X, B.CreateNot(Y)) : B.CreateICmpULT(X, Y);
  else if (Constant)
    Overflow = Constant->isNegative() == Adds ? B.CreateICmpSGT(Result, X) : B.CreateICmpSLT(Result, X);
  else // the result's sign differs from both of the sum's terms, or is the subtrahend's and not the minuend's
    Overflow = B.CreateICmpSLT(B.CreateAnd(B.CreateXor(X, Result), B.CreateXor(Adds ? Y : X, Adds ? Result : Y)),
                               ConstantInt::get(X->getType(), 0));
  return resultAndFlag(B, I->getType(), Result, Overflow);
}

/// A signed division of at most 64 bits by the unsigned instruction; the remainder has the dividend's sign.
Value *divideSigned(IRBuilder<> &B, unsigned Opcode, Value *X, Value *Y) {
  Value *SignX = signMask(B, X), *SignY = signMask(B, Y);
  Value *SizeX = negateIf(B, SignX, X), *SizeY = negateIf(B, SignY, Y);
  if (Opcode == Instruction::SDiv)
    return negateIf(B, B.CreateXor(SignX, SignY), B.CreateUDiv(SizeX, SizeY));
  return negateIf(B, SignX, B.CreateURem(SizeX, SizeY));
}

/// A 128-bit shift by a variable amount below 128.
Value *shift128(IRBuilder<> &B, unsigned Opcode, Value *X, Value *Amount) {
  Value *Low = low(B, X), *High = high(B, X), *Bits = low(B, Amount), *Zero = B.getInt64(0);
  Value *Within = B.CreateAnd(Bits, 63), *Rest = B.CreateXor(Within, 63); // Rest = 63 - Within; a shift by 64 is poison
  Value *CrossesWord = isNotZero(B, B.CreateAnd(Bits, 64));
  if (Opcode == Instruction::Shl) {
    Value *ShiftedLow = B.CreateShl(Low, Within);
    Value *ShiftedHigh = B.CreateOr(B.CreateShl(High, Within), B.CreateLShr(B.CreateLShr(Low, 1), Rest));
    return join(B, B.CreateSelect(CrossesWord, Zero, ShiftedLow), B.CreateSelect(CrossesWord, ShiftedLow, ShiftedHigh),
                X->getType());
  }
  bool Arithmetic = Opcode == Instruction::AShr;
  Value *ShiftedHigh = Arithmetic ? B.CreateAShr(High, Within) : B.CreateLShr(High, Within);
  Value *ShiftedLow = B.CreateOr(B.CreateLShr(Low, Within), B.CreateShl(B.CreateShl(High, 1), Rest));
  Value *Filling = Arithmetic ? B.CreateAShr(High, 63) : Zero;
  return join(B, B.CreateSelect(CrossesWord, ShiftedHigh, ShiftedLow), B.CreateSelect(CrossesWord, Filling, ShiftedHigh),
              X->getType());
}

/// A 128-bit division by compiler_builtins, whose operands and result go through memory after `lowerSignatures`.
Value *divide128(IRBuilder<> &B, BinaryOperator *I) {
  unsigned Opcode = I->getOpcode();
  const char *Name = Opcode == Instruction::UDiv   ? "__udivti3"
                     : Opcode == Instruction::URem ? "__umodti3"
                     : Opcode == Instruction::SDiv ? "__divti3"
                                                   : "__modti3";
  auto *Signature = FunctionType::get(B.getVoidTy(), {B.getPtrTy(), B.getPtrTy(), B.getPtrTy()}, false);
  IRBuilder<> Entry = atEntry(I);
  Value *Result = Entry.CreateAlloca(I->getType()), *X = Entry.CreateAlloca(I->getType()),
        *Y = Entry.CreateAlloca(I->getType());
  B.CreateStore(I->getOperand(0), X);
  B.CreateStore(I->getOperand(1), Y);
  B.CreateCall(I->getModule()->getOrInsertFunction(Name, Signature), {Result, X, Y});
  return B.CreateLoad(I->getType(), Result);
}

Value *lowered(Instruction *I) {
  IRBuilder<> B(I);
  if (isCheckedSum(*I))
    return checkedSum(B, cast<WithOverflowInst>(I));
  if (auto *Call = dyn_cast<IntrinsicInst>(I))
    return checkedMul(B, Call);
  auto *Operation = cast<BinaryOperator>(I);
  unsigned Opcode = Operation->getOpcode();
  Value *X = Operation->getOperand(0), *Y = Operation->getOperand(1);
  if (Operation->getType()->getIntegerBitWidth() <= Word)
    return divideSigned(B, Opcode, X, Y);
  if (Opcode == Instruction::Mul)
    return multiplyWide(B, X, Y);
  return Operation->isShift() ? shift128(B, Opcode, X, Y) : divide128(B, Operation);
}

} // namespace

void lowerIntegers(Module &M) {
  SmallVector<Instruction *> Operations;
  for (Function &F : M)
    for (Instruction &I : instructions(F))
      if (needsLowering(I))
        Operations.push_back(&I);
  for (Instruction *I : Operations)
    replace(I, lowered(I));
}

} // namespace sbf
