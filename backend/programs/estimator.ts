/** The program that estimates a run. */
import { estimateInChild } from '../kinds/shared/estimator';
import { kindWork } from '../kinds/work';

estimateInChild(kindWork);
