import { estimateInChild } from '../../../backend/kinds/shared/estimator';
import { toyWork } from './work';

estimateInChild(toyWork);
