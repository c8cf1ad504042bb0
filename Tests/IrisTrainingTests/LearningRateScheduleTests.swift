import IrisTraining
import Testing

@Suite struct LearningRateScheduleTests {
    @Test func warmUpIsLinear() {
        let schedule = LearningRateSchedule(peak: 2e-3, warmUpSteps: 2000, decay: .constant)
        #expect(abs(schedule.rate(at: 0) - 1e-6) < 1e-15)
        #expect(abs(schedule.rate(at: 999) - 1e-3) < 1e-15)
        #expect(schedule.rate(at: 1999) == 2e-3 && schedule.rate(at: 50_000) == 2e-3)
    }

    @Test func exponentialDecayHalves() {
        let schedule = LearningRateSchedule(peak: 1, warmUpSteps: 10, decay: .exponential(factor: 0.5, steps: 100))
        #expect(abs(schedule.rate(at: 10) - 1) < 1e-12)
        #expect(abs(schedule.rate(at: 110) - 0.5) < 1e-12)
        #expect(abs(schedule.rate(at: 310) - 0.125) < 1e-12)
    }

    @Test func cosineEndsAtTheFloor() {
        let schedule = LearningRateSchedule(peak: 1, warmUpSteps: 0, decay: .cosine(end: 100, floor: 0.1))
        #expect(abs(schedule.rate(at: 50) - 0.55) < 1e-12)
        #expect(abs(schedule.rate(at: 100) - 0.1) < 1e-12)
        #expect(abs(schedule.rate(at: 1000) - 0.1) < 1e-12)
    }
}
